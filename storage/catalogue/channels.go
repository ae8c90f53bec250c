package catalogue

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
)

const subjectChannels = "channels"

// Channel is what a viewer tunes to.
type Channel struct {
	// ID is the channel's name in URLs.
	ID string
	// Number is what a viewer types on the remote control, 1 to 9999; no two channels share one.
	Number int
	Name   string
	Group  string
	// Logo is an http(s) URL or a path on this server; empty for the drawn one.
	Logo string
	// XMLTV is the channel's id in guide files. It defaults to ID.podium.tv.
	XMLTV string
	// Feed is the live input the channel follows.
	Feed string
	// ArchiveHours is how long past programmes can be played; 0 for never.
	ArchiveHours int
	// Position orders channels in lists; equal positions are ordered by number.
	Position int
	Enabled  bool
}

// GuideID is the channel's id in guide files: ASCII with a dot, as XMLTV wants.
func (c *Channel) GuideID() string {
	if c.XMLTV != "" {
		return c.XMLTV
	}
	return strings.ReplaceAll(c.ID, "_", "-") + ".podium.tv"
}

func (c *Channel) check() error {
	if c.Number < 1 || c.Number > 9999 {
		return &InvalidError{Field: "number", Value: decimal(c.Number), Expected: "1 to 9999"}
	}
	if c.ArchiveHours < 0 || c.ArchiveHours > 24*366 {
		return &InvalidError{Field: "archive hours", Value: decimal(c.ArchiveHours), Expected: "0 to 8784"}
	}
	if c.XMLTV != "" {
		if err := guideID.check("xmltv id", c.XMLTV); err != nil {
			return err
		}
	}
	if c.Feed != "" {
		if err := slug.check("feed", c.Feed); err != nil {
			return err
		}
	}
	return first(
		slug.check("channel id", c.ID),
		filled("name", c.Name), line("name", c.Name, 100),
		line("group", c.Group, 100), line("logo", c.Logo, 2000),
	)
}

const channelColumns = `id, number, name, group_name, logo, xmltv_id, feed, archive_hours, position, enabled`

func scanChannel(r row) (c Channel, err error) {
	err = r.Scan(&c.ID, &c.Number, &c.Name, &c.Group, &c.Logo, &c.XMLTV, &c.Feed, &c.ArchiveHours, &c.Position, &c.Enabled)
	return c, err
}

// Channels are all channels, enabled or not, by position and number.
func (d *DB) Channels(ctx context.Context) (all []Channel, err error) {
	err = d.read(ctx, "read channels", func(ctx context.Context, q *sql.DB) error {
		all, err = list(ctx, q, scanChannel, `SELECT `+channelColumns+` FROM channels ORDER BY position, number`)
		return err
	})
	return all, err
}

// Channel is one channel, or ErrNotFound.
func (d *DB) Channel(ctx context.Context, id string) (c Channel, err error) {
	err = d.read(ctx, "read channel "+strconv.Quote(clip(id)), func(ctx context.Context, q *sql.DB) error {
		c, err = scanChannel(q.QueryRowContext(ctx, `SELECT `+channelColumns+` FROM channels WHERE id = $1`, id))
		return err
	})
	return c, err
}

// PutChannels makes or changes channels, all or none. Numbers may be swapped among them; a number that
// another channel has is ErrTaken. What is already so does not count as a change of the guide.
func (d *DB) PutChannels(ctx context.Context, channels ...Channel) error {
	for i := range channels {
		if err := channels[i].check(); err != nil {
			return err
		}
	}
	return d.write(ctx, "write channels", func(ctx context.Context, tx *sql.Tx) error {
		changed, err := changedChannels(ctx, tx, channels)
		if err != nil || len(changed) == 0 {
			return err
		}
		// Numbers step aside first, so that two channels can swap theirs.
		for _, c := range changed {
			if _, err := tx.ExecContext(ctx, `UPDATE channels SET number = -number WHERE id = $1`, c.ID); err != nil {
				return err
			}
		}
		for _, c := range changed {
			_, err := tx.ExecContext(ctx, `INSERT INTO channels (`+channelColumns+`)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
				ON CONFLICT (id) DO UPDATE SET number = excluded.number, name = excluded.name, group_name = excluded.group_name,
					logo = excluded.logo, xmltv_id = excluded.xmltv_id, feed = excluded.feed, archive_hours = excluded.archive_hours,
					position = excluded.position, enabled = excluded.enabled`,
				c.ID, c.Number, c.Name, c.Group, c.Logo, c.XMLTV, c.Feed, c.ArchiveHours, c.Position, c.Enabled)
			if err != nil {
				return err
			}
		}
		_, err = bump(ctx, tx, subjectChannels)
		return err
	})
}

func changedChannels(ctx context.Context, tx *sql.Tx, channels []Channel) ([]Channel, error) {
	var changed []Channel
	for _, c := range channels {
		old, err := scanChannel(tx.QueryRowContext(ctx, `SELECT `+channelColumns+` FROM channels WHERE id = $1`, c.ID))
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		if err != nil || old != c {
			changed = append(changed, c)
		}
	}
	return changed, nil
}

// DeleteChannel removes a channel and its programmes; it may be there or not.
func (d *DB) DeleteChannel(ctx context.Context, id string) error {
	return d.write(ctx, "delete channel "+strconv.Quote(clip(id)), func(ctx context.Context, tx *sql.Tx) error {
		if err := mustTouch(tx.ExecContext(ctx, `DELETE FROM channels WHERE id = $1`, id)); err != nil {
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			}
			return err
		}
		if _, err := bump(ctx, tx, subjectGuide(id)); err != nil {
			return err
		}
		_, err := bump(ctx, tx, subjectChannels)
		return err
	})
}

func decimal(n int) string { return strconv.Itoa(n) }
