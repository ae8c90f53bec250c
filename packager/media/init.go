package media

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
)

// MaxTracks is the most tracks one feed or asset may carry.
const MaxTracks = 8

// The bounds of a track's description.
const (
	// MaxTimescale is the largest timescale, in units per second: with it, times of hundreds of years do not overflow.
	MaxTimescale = 1_000_000_000

	maxID         = math.MaxInt32  // track_ID is 32 bits wide (ISO 14496-12 §8.3.2).
	maxParameters = math.MaxUint16 // Parameter sets are stored behind 16-bit lengths (ISO 14496-15 §5.3.3.1).
)

// Init is the set of tracks that a run of segments shares: what the CMAF headers and the PMT are
// made from. It is stored once, under its version, and segments refer to it.
type Init struct {
	Tracks []Track
}

// Version names the init by its content: 16 hexadecimal digits, the same on every node.
func (i *Init) Version() string {
	b, err := json.Marshal(i)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// Leading is the index of the track that decides where segments are cut: the first video track,
// else the first audio track.
func (i *Init) Leading() int {
	for _, kind := range [...]Kind{Video, Audio} {
		for n, t := range i.Tracks {
			if t.Kind() == kind {
				return n
			}
		}
	}
	return 0
}

// Equal says whether both inits describe the same tracks with the same parameters.
func (i *Init) Equal(o *Init) bool {
	if i == nil || o == nil {
		return i == o
	}
	if len(i.Tracks) != len(o.Tracks) {
		return false
	}
	for n, t := range i.Tracks {
		u := o.Tracks[n]
		if t.ID != u.ID || t.Timescale != u.Timescale || t.Language != u.Language || !Equal(t.Codec, u.Codec) {
			return false
		}
	}
	return true
}

type trackJSON struct {
	ID        int             `json:"id"`
	Timescale int             `json:"timescale"`
	Language  string          `json:"language,omitempty"`
	Codec     string          `json:"codec"`
	Params    json.RawMessage `json:"params"`
}

// MarshalJSON writes the stored form, the same bytes for the same init.
func (i *Init) MarshalJSON() ([]byte, error) {
	out := make([]trackJSON, len(i.Tracks))
	for n, t := range i.Tracks {
		if t.Codec == nil {
			return nil, fmt.Errorf("track %d has no codec", t.ID)
		}
		params, err := json.Marshal(t.Codec)
		if err != nil {
			return nil, err
		}
		out[n] = trackJSON{ID: t.ID, Timescale: t.Timescale, Language: t.Language, Codec: t.Codec.Name(), Params: params}
	}
	return json.Marshal(struct {
		Tracks []trackJSON `json:"tracks"`
	}{out})
}

// UnmarshalJSON reads the stored form and refuses one that no segment could refer to.
func (i *Init) UnmarshalJSON(b []byte) error {
	var in struct {
		Tracks []trackJSON `json:"tracks"`
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	if len(in.Tracks) == 0 || len(in.Tracks) > MaxTracks {
		return fmt.Errorf("an init has 1 to %d tracks, not %d", MaxTracks, len(in.Tracks))
	}
	tracks := make([]Track, len(in.Tracks))
	for n, t := range in.Tracks {
		codec, err := newCodec(t.Codec)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(t.Params, codec); err != nil {
			return fmt.Errorf("track %d: %w", t.ID, err)
		}
		tracks[n] = Track{ID: t.ID, Timescale: t.Timescale, Language: t.Language, Codec: codec}
		if err := tracks[n].check(); err != nil {
			return err
		}
		for _, other := range tracks[:n] {
			if other.ID == t.ID {
				return fmt.Errorf("two tracks have the id %d", t.ID)
			}
		}
	}
	i.Tracks = tracks
	return nil
}

// check refuses what no stream has.
func (t *Track) check() error {
	if t.ID <= 0 || t.ID > maxID {
		return fmt.Errorf("track id %d, expected 1 to %d", t.ID, maxID)
	}
	if t.Timescale <= 0 || t.Timescale > MaxTimescale {
		return fmt.Errorf("track %d: timescale %d, expected 1 to %d", t.ID, t.Timescale, MaxTimescale)
	}
	var parameters []byte
	channels, rate := 1, 1
	switch c := t.Codec.(type) {
	case *H264:
		parameters = longest(c.SPS, c.PPS)
	case *H265:
		parameters = longest(c.VPS, c.SPS, c.PPS)
	case *AAC:
		parameters = c.Config
	case *Opus:
		channels = c.Channels
	case *MP2:
		channels, rate = c.Channels, c.SampleRate
	case *AC3:
		if err := c.check(); err != nil {
			return fmt.Errorf("track %d: %w", t.ID, err)
		}
	case *EAC3:
		parameters = c.Config
		if err := c.check(); err != nil {
			return fmt.Errorf("track %d: %w", t.ID, err)
		}
	case *WebVTT:
		parameters = []byte(c.Header)
	}
	switch {
	case len(parameters) > maxParameters:
		return fmt.Errorf("track %d: %d bytes of codec parameters, at most %d", t.ID, len(parameters), maxParameters)
	case channels <= 0 || channels > math.MaxUint8:
		return fmt.Errorf("track %d: %d channels, expected 1 to %d", t.ID, channels, math.MaxUint8)
	case rate <= 0 || rate > MaxTimescale:
		return fmt.Errorf("track %d: sampling rate %d, expected 1 to %d", t.ID, rate, MaxTimescale)
	}
	return nil
}

func longest(all ...[]byte) []byte {
	var out []byte
	for _, b := range all {
		if len(b) > len(out) {
			out = b
		}
	}
	return out
}

func newCodec(name string) (Codec, error) {
	switch name {
	case "h264":
		return new(H264), nil
	case "h265":
		return new(H265), nil
	case "aac":
		return new(AAC), nil
	case "opus":
		return new(Opus), nil
	case "mp2":
		return new(MP2), nil
	case "ac3":
		return new(AC3), nil
	case "eac3":
		return new(EAC3), nil
	case "webvtt":
		return new(WebVTT), nil
	}
	return nil, fmt.Errorf("unknown codec %q", name)
}
