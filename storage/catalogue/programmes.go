package catalogue

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// The bounds of a channel's programmes.
const (
	// LongestProgramme bounds a programme, so that what runs at an instant is found without reading all
	// that began before.
	LongestProgramme = 24 * time.Hour
	// MostProgrammes bounds one replacement.
	MostProgrammes = 5000
)

// Programme is one item of a channel's guide.
type Programme struct {
	// ID is given by the caller, or made when it is empty.
	ID      string
	Channel string
	// Start and End are in UTC, to the millisecond; End is the first instant that is not part of it.
	Start, End  time.Time
	Title       string
	Subtitle    string
	Description string
	Lecturer    string
	Category    string
	Series      string
	// Repeat says that it was shown before.
	Repeat bool
}

func (p *Programme) check() error {
	if length := p.End.Sub(p.Start); length < time.Second || length > LongestProgramme {
		return &InvalidError{
			Field: "end of " + strconv.Quote(clip(p.Title)), Value: p.End.UTC().Format(time.RFC3339),
			Expected: "1 second to 24 hours after its start, " + p.Start.UTC().Format(time.RFC3339),
		}
	}
	return first(
		programmeID.check("programme id", p.ID),
		filled("title", p.Title), line("title", p.Title, 200),
		line("subtitle", p.Subtitle, 200), line("lecturer", p.Lecturer, 100),
		line("category", p.Category, 100), line("series", p.Series, 100),
		prose("description", p.Description, 4000),
	)
}

const programmeColumns = `id, channel, start_ms, end_ms, title, subtitle, description, lecturer, category, series, is_repeat`

func scanProgramme(r row) (p Programme, err error) {
	var start, end int64
	err = r.Scan(&p.ID, &p.Channel, &start, &end, &p.Title, &p.Subtitle, &p.Description, &p.Lecturer, &p.Category, &p.Series, &p.Repeat)
	p.Start, p.End = instant(start), instant(end)
	return p, err
}

// Programmes are a channel's programmes that are on at any time in [from, to), in order.
func (d *DB) Programmes(ctx context.Context, channel string, from, to time.Time) (all []Programme, err error) {
	err = d.read(ctx, "read programmes of "+strconv.Quote(clip(channel)), func(ctx context.Context, q *sql.DB) error {
		all, err = programmesIn(ctx, q, channel, from, to)
		return err
	})
	return all, err
}

func programmesIn(ctx context.Context, q querier, channel string, from, to time.Time) ([]Programme, error) {
	return list(ctx, q, scanProgramme, `SELECT `+programmeColumns+` FROM programmes
		WHERE channel = $1 AND start_ms < $2 AND end_ms > $3 AND start_ms > $4 ORDER BY start_ms`,
		channel, to.UnixMilli(), from.UnixMilli(), from.Add(-LongestProgramme).UnixMilli()-1)
}

// Programme is one programme, or ErrNotFound.
func (d *DB) Programme(ctx context.Context, id string) (p Programme, err error) {
	err = d.read(ctx, "read programme "+strconv.Quote(clip(id)), func(ctx context.Context, q *sql.DB) error {
		p, err = scanProgramme(q.QueryRowContext(ctx, `SELECT `+programmeColumns+` FROM programmes WHERE id = $1`, id))
		return err
	})
	return p, err
}

// ReplaceProgrammes puts programmes in the place of those that start in [from, to), which is a day as a
// rule, all or none. Each must start in the window; the last may end after it. Two that overlap, also with
// the channel's programmes around the window, are an *OverlapError. It returns the guide's new revision.
func (d *DB) ReplaceProgrammes(ctx context.Context, channel string, from, to time.Time, programmes []Programme) (rev int64, err error) {
	if len(programmes) > MostProgrammes {
		return 0, &InvalidError{Field: "programmes", Value: decimal(len(programmes)), Expected: "at most " + decimal(MostProgrammes)}
	}
	day, err := prepare(channel, from, to, programmes)
	if err != nil {
		return 0, err
	}
	err = d.write(ctx, "replace programmes of "+strconv.Quote(clip(channel)), func(ctx context.Context, tx *sql.Tx) error {
		// First, because it locks the channel's guide against another editor.
		if rev, err = bump(ctx, tx, subjectGuide(channel)); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, `SELECT 1 FROM channels WHERE id = $1`, channel).Scan(new(int)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM programmes WHERE channel = $1 AND start_ms >= $2 AND start_ms < $3`,
			channel, from.UnixMilli(), to.UnixMilli())
		if err != nil {
			return err
		}
		if err := refuseOverlap(ctx, tx, channel, from, to, day); err != nil {
			return err
		}
		return insertProgrammes(ctx, tx, day)
	})
	if err != nil {
		return 0, err
	}
	return rev, nil
}

// prepare checks the new programmes among themselves and puts them in order.
func prepare(channel string, from, to time.Time, programmes []Programme) ([]Programme, error) {
	day := slices.Clone(programmes)
	for i := range day {
		p := &day[i]
		if p.ID == "" {
			p.ID = newID()
		}
		p.Channel, p.Start, p.End = channel, instant(millis(p.Start)), instant(millis(p.End))
		if err := p.check(); err != nil {
			return nil, err
		}
		if p.Start.UnixMilli() < from.UnixMilli() || p.Start.UnixMilli() >= to.UnixMilli() {
			return nil, &InvalidError{
				Field: "start of " + strconv.Quote(clip(p.Title)), Value: p.Start.Format(time.RFC3339),
				Expected: fmt.Sprintf("%s or later and before %s", from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339)),
			}
		}
	}
	slices.SortStableFunc(day, func(a, b Programme) int { return a.Start.Compare(b.Start) })
	return day, firstOverlap(day)
}

// firstOverlap finds two neighbours, in order of start, that share an instant.
func firstOverlap(ordered []Programme) error {
	for i := 1; i < len(ordered); i++ {
		if ordered[i].Start.Before(ordered[i-1].End) {
			return &OverlapError{First: ordered[i-1], Second: ordered[i]}
		}
	}
	return nil
}

// refuseOverlap checks the new day against the programmes that stay: one that runs into the window, and
// those the last new one runs into.
func refuseOverlap(ctx context.Context, tx *sql.Tx, channel string, from, to time.Time, day []Programme) error {
	if len(day) == 0 {
		return nil
	}
	end := to
	if last := day[len(day)-1].End; last.After(end) {
		end = last
	}
	staying, err := programmesIn(ctx, tx, channel, from, end)
	if err != nil {
		return err
	}
	all := slices.Concat(staying, day)
	slices.SortStableFunc(all, func(a, b Programme) int { return a.Start.Compare(b.Start) })
	return firstOverlap(all)
}

func insertProgrammes(ctx context.Context, tx *sql.Tx, programmes []Programme) error {
	if len(programmes) == 0 {
		return nil
	}
	insert, err := tx.PrepareContext(ctx, `INSERT INTO programmes (`+programmeColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, p := range programmes {
		_, err := insert.ExecContext(ctx, p.ID, p.Channel, millis(p.Start), millis(p.End), p.Title, p.Subtitle, p.Description,
			p.Lecturer, p.Category, p.Series, p.Repeat)
		if err != nil {
			return fmt.Errorf("programme %s: %w", p.brief(), err)
		}
	}
	return nil
}

// PruneProgrammes forgets a channel's programmes that ended before an instant, and says how many.
func (d *DB) PruneProgrammes(ctx context.Context, channel string, before time.Time) (n int64, err error) {
	err = d.write(ctx, "prune programmes of "+strconv.Quote(clip(channel)), func(ctx context.Context, tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `DELETE FROM programmes WHERE channel = $1 AND end_ms <= $2`, channel, before.UnixMilli())
		if err != nil {
			return err
		}
		if n, err = result.RowsAffected(); err != nil || n == 0 {
			return err
		}
		_, err = bump(ctx, tx, subjectGuide(channel))
		return err
	})
	return n, err
}
