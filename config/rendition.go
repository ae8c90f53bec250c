package config

import (
	"fmt"
	"slices"
	"strings"
)

// RenditionName names a size of a channel's picture in URLs, as the house ladder does: 1080p, 720p, 480p, audio.
type RenditionName string

const longestRenditionName = 16

// takenNames are parts of addresses, which a rendition's name stands beside.
var takenNames = [...]string{"live", "all", "mono"}

func (*RenditionName) expected() string {
	return fmt.Sprintf("a name such as 1080p, 720p, 480p or audio: 1 to %d of a-z and 0-9, a letter among them, and not %s",
		longestRenditionName, anyOf(takenNames[:]...))
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *RenditionName) UnmarshalText(text []byte) error {
	s := string(text)
	isLetter := func(c rune) bool { return c >= 'a' && c <= 'z' }
	isOther := func(c rune) bool { return !isLetter(c) && (c < '0' || c > '9') }
	if len(s) > longestRenditionName || !strings.ContainsFunc(s, isLetter) || strings.ContainsFunc(s, isOther) ||
		slices.Contains(takenNames[:], s) {
		return mismatch(n, text)
	}
	*n = RenditionName(s)
	return nil
}

// Rendition is a further size of a channel's picture, by a feed of its own whose encoder has its clock and its key frames in
// common with the channel's feed.
type Rendition struct {
	Name RenditionName `yaml:"name"`
	Feed ID            `yaml:"feed"`
}

// mostRenditions is the longest ladder that anybody puts on the air, and some.
const mostRenditions = 8

func (ch *Channel) validateRenditions(v *validator, at string, c *Config) {
	v.atMost(at+".renditions", len(ch.Renditions), mostRenditions)
	names, feeds := make(map[RenditionName]int), make(map[ID]int)
	for i, r := range ch.Renditions {
		at := index(at+".renditions", i)
		v.required(at+".name", string(r.Name), new(RenditionName).expected())
		if j, twice := names[r.Name]; twice && r.Name != "" {
			v.add(at+".name", fmt.Sprintf("expected a name of its own, got %q, which is renditions[%d]'s", r.Name, j))
		}
		names[r.Name] = i
		feed := c.Feed(r.Feed)
		switch j, twice := feeds[r.Feed]; {
		case r.Feed == "":
			v.missing(at+".feed", "the id of a feed")
		case feed == nil:
			v.mismatch(at+".feed", "the id of one of the feeds", string(r.Feed))
		case r.Feed == ch.Feed:
			v.add(at+".feed", fmt.Sprintf("expected another feed than the channel's own, got %q", r.Feed))
		case twice:
			v.add(at+".feed", fmt.Sprintf("expected a feed of its own, got %q, which is renditions[%d]'s", r.Feed, j))
		default:
			ch.matches(v, at, c.Feed(ch.Feed), feed)
		}
		feeds[r.Feed] = i
	}
}

// matches checks that a rendition can stand in for the main one at any instant.
func (ch *Channel) matches(v *validator, at string, main, feed *Feed) {
	if main != nil && feed.SegmentTarget != main.SegmentTarget {
		v.add(at+".feed", fmt.Sprintf("expected a feed with the segment_target of the channel's, %s, got %q with %s",
			main.SegmentTarget, feed.ID, feed.SegmentTarget))
	}
	if ch.Archive > feed.Archive {
		v.add(at+".feed", fmt.Sprintf("expected a feed with an archive of at least the channel's, %s, got %q with %s",
			ch.Archive, feed.ID, feed.Archive))
	}
}

// Feeds are the feeds that a channel needs: its own, then its renditions'.
func (ch *Channel) Feeds() []ID {
	out := []ID{ch.Feed}
	for _, r := range ch.Renditions {
		out = append(out, r.Feed)
	}
	return out
}

// Ladders gives each feed that is one of a picture's sizes the number of its ladder: feeds that channels have in common are
// of one.
func (c *Config) Ladders() map[ID]int {
	of := make(map[ID]int)
	for i := range c.Channels {
		feeds := c.Channels[i].Feeds()
		if len(feeds) == 1 {
			continue
		}
		for _, f := range feeds {
			if was, known := of[f]; known {
				for other, ladder := range of {
					if ladder == was {
						of[other] = i
					}
				}
			}
			of[f] = i
		}
	}
	return of
}
