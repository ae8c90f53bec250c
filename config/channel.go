package config

import (
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"strings"
)

// Access says who may watch a channel.
type Access string

// The kinds of access.
const (
	OpenAccess  Access = "open"  // anybody
	TokenAccess Access = "token" // whoever holds a signed address
)

func (*Access) expected() string { return anyOf(string(OpenAccess), string(TokenAccess)) }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Access) UnmarshalText(text []byte) error { return choose(a, a, text, OpenAccess, TokenAccess) }

// Encrypt is how segments are encrypted, with AES-128.
type Encrypt struct {
	// Rotate is how long one key serves. At 0 nothing is encrypted.
	Rotate Duration `yaml:"rotate"`
}

// Channel is what a viewer tunes to.
type Channel struct {
	ID ID `yaml:"id"`
	// Number is what a viewer types on the remote control.
	Number int    `yaml:"number"`
	Name   string `yaml:"name"`
	Group  string `yaml:"group"`
	// Logo is a picture file, or an http(s) address. Empty is one drawn from the name.
	Logo string `yaml:"logo"`
	// XMLTVID defaults to the id and ".podium.tv".
	XMLTVID string `yaml:"xmltv_id"`
	Feed    ID     `yaml:"feed"`
	// Renditions are further sizes of the feed's picture.
	Renditions []Rendition `yaml:"renditions"`
	// LiveWindow and Archive default to those of packaging, and Archive to its feeds' where one is shorter.
	LiveWindow Duration `yaml:"live_window"`
	Archive    Duration `yaml:"archive"`
	// LowLatency defaults to that of packaging.
	LowLatency bool `yaml:"low_latency"`
	// ArchiveBytes defaults to its feed's.
	ArchiveBytes Size   `yaml:"archive_bytes"`
	Access       Access `yaml:"access"`
	// TokenGeneration ends the channel's tokens when it changes.
	TokenGeneration int     `yaml:"token_generation"`
	Encrypt         Encrypt `yaml:"encrypt"`
}

// Equal says whether two channels are configured the same.
func (ch *Channel) Equal(other *Channel) bool {
	a, b := *ch, *other
	if len(a.Renditions)+len(b.Renditions) == 0 {
		a.Renditions, b.Renditions = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

const highestNumber = 9999

// xmltvID is the form the XMLTV DTD asks of a channel's id: like a domain name (RFC 2838).
var xmltvID = regexp.MustCompile(`^[-a-zA-Z0-9]+(\.[-a-zA-Z0-9]+)+$`)

func (ch *Channel) validate(v *validator, at string, c *Config) {
	v.required(at+".id", string(ch.ID), ch.ID.expected())
	v.required(at+".name", ch.Name, "the name that viewers read")
	v.label(at+".name", ch.Name)
	v.label(at+".group", ch.Group)
	if ch.Number < 1 || ch.Number > highestNumber {
		if c.set.has(at + ".number") {
			v.mismatch(at+".number", fmt.Sprintf("a number from 1 to %d", highestNumber), fmt.Sprint(ch.Number))
		} else {
			v.missing(at+".number", fmt.Sprintf("a number from 1 to %d", highestNumber))
		}
	}
	if ch.ID != "" && (!xmltvID.MatchString(ch.XMLTVID) || len(ch.XMLTVID) > 128) {
		v.mismatch(at+".xmltv_id", "a name such as edu1.podium.tv", ch.XMLTVID)
	}
	if u, err := url.Parse(ch.Logo); strings.Contains(ch.Logo, "://") &&
		(err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https")) {
		v.mismatch(at+".logo", "a file or an http:// or https:// address", ch.Logo)
	}
	v.count(at+".token_generation", ch.TokenGeneration, 0, highestGeneration)
	if ch.Encrypt.Rotate != 0 {
		v.between(at+".encrypt.rotate", ch.Encrypt.Rotate, 1*minute, 31*24*hour)
	}
	ch.validateFeed(v, at, c)
}

func (ch *Channel) validateFeed(v *validator, at string, c *Config) {
	target := c.Packaging.SegmentTarget
	switch feed := c.Feed(ch.Feed); {
	case ch.Feed == "":
		v.missing(at+".feed", "the id of a feed")
	case feed == nil:
		v.mismatch(at+".feed", "the id of one of the feeds", string(ch.Feed))
	default:
		target = feed.SegmentTarget
		if ch.Archive > feed.Archive {
			v.mismatch(at+".archive", "at most its feed's archive, "+feed.Archive.String(), ch.Archive.String())
		}
	}
	ch.validateRenditions(v, at, c)
	v.archive(at+".archive", ch.Archive)
	v.liveWindow(at+".live_window", ch.LiveWindow, target)
}

func (c *Config) validateChannels(v *validator) {
	v.atMost("channels", len(c.Channels), mostChannels)
	ids, numbers, guides := make(map[ID]int), make(map[int]int), make(map[string]int)
	for i := range c.Channels {
		ch := &c.Channels[i]
		at := fmt.Sprintf("channels[%d]", i)
		ch.validate(v, at, c)
		if ch.ID != "" {
			unique(v, ids, ch.ID, i, at+".id")
			unique(v, guides, ch.XMLTVID, i, at+".xmltv_id")
		}
		if ch.Number != 0 {
			unique(v, numbers, ch.Number, i, at+".number")
		}
	}
}

func unique[K comparable](v *validator, seen map[K]int, k K, i int, at string) {
	j, twice := seen[k]
	if !twice {
		seen[k] = i
		return
	}
	v.add(at, fmt.Sprintf("expected one of its own, got %s, which is channels[%d]'s", quote(fmt.Sprint(k)), j))
}
