package media

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// MaxTracks is the most tracks one feed or asset may carry.
const MaxTracks = 8

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
	for n, t := range i.Tracks {
		if t.Kind() == Video {
			return n
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
		if t.Timescale <= 0 || t.ID <= 0 {
			return fmt.Errorf("track %d: id and timescale must be positive", t.ID)
		}
		tracks[n] = Track{ID: t.ID, Timescale: t.Timescale, Language: t.Language, Codec: codec}
	}
	i.Tracks = tracks
	return nil
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
	}
	return nil, fmt.Errorf("unknown codec %q", name)
}
