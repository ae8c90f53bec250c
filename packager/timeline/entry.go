package timeline

import (
	"time"

	"podium.tv/podium/packager/media"
)

// Kind says where an entry's media comes from.
type Kind string

// The kinds of entry.
const (
	Live  Kind = "live"
	Asset Kind = "asset"
	Slate Kind = "slate"
	Gap   Kind = "gap"
)

// Range is a run of bytes in an object.
type Range = media.Range

// Counters are the MPEG-TS continuity counters (ISO 13818-1 §2.4.3.3) of a segment's first packets: PAT,
// PMT, then each track in the init's order. They make TS rendering a pure function of the stored segment.
type Counters struct {
	PAT    uint8   `json:"a"`
	PMT    uint8   `json:"m"`
	Tracks []uint8 `json:"t"`
}

// Entry is one segment of a timeline: what was put out, and where its bytes are.
type Entry struct {
	// Seq is the media sequence number; the timeline gives it.
	Seq uint64 `json:"seq"`
	// Disc is the discontinuity sequence number; the timeline gives it.
	Disc uint64 `json:"disc"`
	// Discontinuity says that the entry does not continue the one before it (RFC 8216bis §4.4.4.3).
	Discontinuity bool `json:"d,omitempty"`
	// Start is the wall clock of the entry's first sample, in UTC, to the microsecond.
	Start time.Time `json:"start"`
	// Duration is the leading track's.
	Duration time.Duration `json:"dur"`
	Kind     Kind          `json:"kind"`
	// Independent says that the segment begins with a random access point.
	Independent bool `json:"i,omitempty"`
	// Time is the media time at which the entry's stored media begins to be shown, in the clock of its epoch: that of
	// the leading track's first sample. Within an epoch each entry's is the one before's and its duration.
	Time time.Duration `json:"t,omitempty"`
	// Shift is what is added to the stored media times when this entry is put out, so that a channel's go on over a
	// change of source. It is the same for all entries of an unbroken run.
	Shift time.Duration `json:"sh,omitempty"`
	// Object is the name of the stored object; Tracks are the byte ranges of each track's fragment in it,
	// in the order of the init's tracks.
	Object string  `json:"obj,omitempty"`
	Tracks []Range `json:"tr,omitempty"`
	// Ref is the sequence number of the entry in the timeline that owns the media, where this one refers to it, and
	// RefHour the hour of its start there: with them it is found in the owner's index.
	Ref     uint64 `json:"ref,omitempty"`
	RefHour int64  `json:"rh,omitempty"`
	// At is the run of bytes that holds the segment in the chunk of its owner's hour, of length 0 where Object is an object
	// of its own. Only the owner's entries have it; Object stays the segment's name, and Tracks count from the segment's
	// beginning, wherever it lies.
	At Range `json:"at,omitzero"`
	// Also are further renditions of the same time, of other feeds: aligned, each with media of its own.
	Also []Rendition `json:"also,omitempty"`
	// Init is the version of the init that the segment needs.
	Init string `json:"init,omitempty"`
	// TS are the segment's first continuity counters.
	TS Counters `json:"ts"`
	// Occurrence is the id of the guide's occurrence that was on the air, if known.
	Occurrence string `json:"occ,omitempty"`
	// Key is the id of the encryption key, if any.
	Key string `json:"key,omitempty"`
}

// Rendition is one more form in which an entry's time is there: the same picture of another size, by another feed.
type Rendition struct {
	// Name is the house ladder's, such as "720p": lower-case letters and digits.
	Name string `json:"name"`
	// The others are as in Entry.
	Object  string        `json:"obj"`
	At      Range         `json:"at,omitzero"`
	Tracks  []Range       `json:"tr"`
	Ref     uint64        `json:"ref,omitempty"`
	RefHour int64         `json:"rh,omitempty"`
	Init    string        `json:"init"`
	Time    time.Duration `json:"t,omitempty"`
	Shift   time.Duration `json:"sh,omitempty"`
}

// Lost says that the rendition was shown in the making and did not become whole: nothing is stored of it, and nothing may
// stand in for it, because its parts were listed (RFC 8216bis §6.2.1).
func (r *Rendition) Lost() bool { return len(r.Tracks) == 0 }

// End is the wall clock at which the entry's media ends.
func (e *Entry) End() time.Time { return e.Start.Add(e.Duration) }

// Hour is the number of hours from the Unix epoch to the entry's start: the index object that holds it.
func (e *Entry) Hour() int64 { return HourOf(e.Start) }

// HourOf is the hour since the Unix epoch that an instant falls in.
func HourOf(t time.Time) int64 { return t.Unix() / 3600 }
