package playlist

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/grafov/m3u8"
)

// Master is a multivariant playlist.
type Master struct {
	Variants []Variant
	Audio    []Rendition
	// Subtitles are text, each in a playlist of its own.
	Subtitles []Rendition
	// IFrames are playlists of key pictures alone, to search by; they have no frame rate, sound or text.
	IFrames []Variant
	// Independent says that every segment of every variant can be decoded without the one before it.
	Independent bool
}

// Variant is one quality of the whole presentation.
type Variant struct {
	// URI is the media playlist's; it goes out as it is, with its query.
	URI string
	// Bandwidth and AverageBandwidth are the peak and the mean in bits per second; the mean is left out at 0.
	Bandwidth, AverageBandwidth int
	// Codecs is the CODECS attribute: every codec of the variant and of its audio renditions, with commas between.
	Codecs string
	// Width and Height are left out at 0, and so is FrameRate, in frames per second.
	Width, Height int
	FrameRate     float64
	// Audio is the group of the renditions that go with the variant, or empty where the sound is muxed.
	Audio string
	// Subtitles is the group of the texts that go with the variant, or empty.
	Subtitles string
}

// Rendition is one sound or text track on its own.
type Rendition struct {
	Group string
	Name  string
	// Language is an RFC 5646 tag, or empty.
	Language string
	Default  bool
	// Channels is the number of audio channels; it is left out at 0.
	Channels int
	// URI is the media playlist's, or empty where the sound is muxed into the variant.
	URI string
}

// Append appends the playlist's text to dst. The same Master makes the same bytes, on every node.
func (m *Master) Append(dst []byte) ([]byte, error) {
	p := m3u8.NewMasterPlaylist()
	p.SetIndependentSegments(m.Independent)
	if len(m.Audio) > 0 || len(m.Subtitles) > 0 {
		// The library's EXT-X-MEDIA has no CHANNELS and hangs on the variants.
		lines, err := m.renditions()
		if err != nil {
			return dst, err
		}
		p.SetCustomTag(lines)
		p.SetVersion(4)
	}
	if len(m.IFrames) > 0 {
		p.SetVersion(4)
	}
	for i := range m.Variants {
		v := &m.Variants[i]
		if err := v.check(); err != nil {
			return dst, fmt.Errorf("variant %d: %w", i, err)
		}
		params := m3u8.VariantParams{
			Bandwidth: uint32(v.Bandwidth), AverageBandwidth: uint32(v.AverageBandwidth),
			Codecs: v.Codecs, Audio: v.Audio, Subtitles: v.Subtitles, FrameRate: v.FrameRate, Resolution: v.resolution(),
		}
		p.Append(v.URI, nil, params)
	}
	for i := range m.IFrames {
		v := &m.IFrames[i]
		if err := errors.Join(v.check(), checkQuoted(v.URI)); err != nil {
			return dst, fmt.Errorf("i-frame variant %d: %w", i, err)
		}
		p.Append(v.URI, nil, m3u8.VariantParams{
			Bandwidth: uint32(v.Bandwidth), AverageBandwidth: uint32(v.AverageBandwidth), Codecs: v.Codecs, Resolution: v.resolution(),
			Iframe: true,
		})
	}
	// The library writes PROGRAM-ID always; protocol version 6 took it away (RFC 8216 §7).
	for line := range bytes.Lines(p.Encode().Bytes()) {
		for _, tag := range []string{"#EXT-X-STREAM-INF:", "#EXT-X-I-FRAME-STREAM-INF:"} {
			if rest, ok := bytes.CutPrefix(line, []byte(tag+"PROGRAM-ID=0,")); ok {
				dst = append(dst, tag...)
				line = rest
			}
		}
		dst = append(dst, line...)
	}
	return dst, nil
}

func (v *Variant) resolution() string {
	if v.Width <= 0 || v.Height <= 0 {
		return ""
	}
	return strconv.Itoa(v.Width) + "x" + strconv.Itoa(v.Height)
}

func (v *Variant) check() error {
	if err := checkURI(v.URI); err != nil {
		return err
	}
	if v.Bandwidth <= 0 || uint64(v.Bandwidth) > math.MaxUint32 {
		return fmt.Errorf("bandwidth %d: expected 1 to %d bits per second", v.Bandwidth, uint32(math.MaxUint32))
	}
	if v.AverageBandwidth < 0 || v.AverageBandwidth > v.Bandwidth {
		return fmt.Errorf("average bandwidth %d: expected at most the bandwidth %d", v.AverageBandwidth, v.Bandwidth)
	}
	if math.IsNaN(v.FrameRate) || v.FrameRate < 0 || v.FrameRate > 1000 {
		return fmt.Errorf("frame rate %v: expected 0 to 1000", v.FrameRate)
	}
	for _, s := range []string{v.Codecs, v.Audio, v.Subtitles} {
		if s == "" {
			continue
		}
		if err := checkQuoted(s); err != nil {
			return err
		}
	}
	return nil
}

// The types of EXT-X-MEDIA (RFC 8216bis §4.4.6.1).
const (
	mediaAudio     = "AUDIO"
	mediaSubtitles = "SUBTITLES"
)

func (m *Master) renditions() (*text, error) {
	t := new(text)
	for _, group := range []struct {
		kind       string
		renditions []Rendition
	}{{mediaAudio, m.Audio}, {mediaSubtitles, m.Subtitles}} {
		for i := range group.renditions {
			r := &group.renditions[i]
			err := r.check()
			if err == nil && group.kind == mediaSubtitles {
				err = checkQuoted(r.URI) // Text cannot be in a variant itself.
			}
			if err != nil {
				return nil, fmt.Errorf("%s rendition %d: %w", group.kind, i, err)
			}
			if t.Len() > 0 {
				t.WriteByte('\n')
			}
			r.write(&t.Buffer, group.kind)
		}
	}
	return t, nil
}

func (r *Rendition) check() error {
	if r.Group == "" || r.Name == "" {
		return fmt.Errorf("group %q and name %q: both are required", r.Group, r.Name)
	}
	for _, s := range []string{r.Group, r.Name, r.Language, r.URI} {
		if s == "" {
			continue
		}
		if err := checkQuoted(s); err != nil {
			return err
		}
	}
	return nil
}

func (r *Rendition) write(b *bytes.Buffer, kind string) {
	b.WriteString("#EXT-X-MEDIA:TYPE=" + kind + ",GROUP-ID=\"" + r.Group + "\",NAME=\"" + r.Name + "\"")
	if r.Language != "" {
		b.WriteString(",LANGUAGE=\"" + r.Language + "\"")
	}
	b.WriteString(",AUTOSELECT=YES,DEFAULT=" + yesNo(r.Default))
	if r.Channels > 0 {
		b.WriteString(",CHANNELS=\"" + strconv.Itoa(r.Channels) + "\"")
	}
	if r.URI != "" {
		b.WriteString(",URI=\"" + r.URI + "\"")
	}
}

func yesNo(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}
