package play

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/timeline"
)

// description is a multivariant playlist while it is made.
type description struct {
	*playlist.Master
	dir     string // before the URIs
	target  time.Duration
	entries []timeline.Entry

	codecs     []string // of the sound that goes with the variants
	peak, mean int      // of the dearest of it
}

func (d *description) uri(prefix string, st stream) string {
	return d.dir + prefix + st.String() + ".m3u8"
}

// sound lists the sound tracks of the first rendition that has a picture and sound: all variants go with the same, so
// that nothing is heard of a change of variant.
func (d *description) sound(steps ladder) {
	for _, step := range steps {
		if step.Tracks[step.Leading()].Kind() != media.Video {
			continue
		}
		for i := range step.Tracks {
			if step.Tracks[i].Kind() == media.Audio {
				d.addSound(step, i)
			}
		}
		if len(d.Audio) > 0 {
			return
		}
	}
}

func (d *description) addSound(step rung, i int) {
	t := &step.Tracks[i]
	st := stream{rendition: step.rendition, track: i + 1}
	if codec := t.Codec.RFC6381(); !slices.Contains(d.codecs, codec) {
		d.codecs = append(d.codecs, codec)
	}
	peak, mean := bandwidth(d.entries, st, d.target)
	if peak > d.peak {
		d.peak = peak
	}
	d.mean = max(d.mean, mean)
	d.Audio = append(d.Audio, playlist.Rendition{
		Group: audioGroup, Name: trackName(d.Audio, t, "audio", i), Language: language(t), Default: len(d.Audio) == 0,
		Channels: media.ChannelsOf(t.Codec), URI: d.uri("", st),
	})
}

// text lists the text tracks of the main rendition.
func (d *description) text(steps ladder) {
	for i := range steps[0].Tracks {
		t := &steps[0].Tracks[i]
		if t.Kind() == media.Text {
			d.Subtitles = append(d.Subtitles, playlist.Rendition{
				Group: textGroup, Name: trackName(d.Subtitles, t, "text", i), Language: language(t), URI: d.uri("", stream{track: i + 1}),
			})
		}
	}
}

// pictures lists every picture track of every rendition, and sound alone where a rendition is nothing else.
func (d *description) pictures(steps ladder, keyPictures func([]timeline.Entry, stream, *media.Track) (int, int)) {
	for _, step := range steps {
		for i := range step.Tracks {
			t := &step.Tracks[i]
			if t.Kind() != media.Video {
				continue
			}
			st := stream{rendition: step.rendition, track: i + 1}
			v := d.variant(st, t)
			p := media.PictureOf(t.Codec)
			v.Width, v.Height, v.FrameRate = p.Width, p.Height, frameRate(p.FrameRate)
			d.Variants = append(d.Variants, v)
			key := v
			key.URI, key.Codecs, key.Audio, key.FrameRate = d.uri("iframe-", st), t.Codec.RFC6381(), "", 0
			if peak, mean := keyPictures(d.entries, st, t); peak > 0 {
				key.Bandwidth, key.AverageBandwidth = peak, mean
			}
			d.IFrames = append(d.IFrames, key)
		}
	}
	if len(d.Variants) == 0 {
		return
	}
	for _, step := range steps {
		if leading := step.Leading(); step.Tracks[leading].Kind() == media.Audio {
			t := &step.Tracks[leading]
			st := stream{rendition: step.rendition, track: leading + 1}
			peak, mean := bandwidth(d.entries, st, d.target)
			d.Variants = append(d.Variants, playlist.Variant{
				URI: d.uri("", st), Bandwidth: max(peak, 1), AverageBandwidth: mean, Codecs: t.Codec.RFC6381(),
			})
		}
	}
}

// variant is a picture with the sound that goes with it.
func (d *description) variant(st stream, t *media.Track) playlist.Variant {
	peak, mean := bandwidth(d.entries, st, d.target)
	v := playlist.Variant{
		URI: d.uri("", st), Bandwidth: max(peak+d.peak, 1), AverageBandwidth: mean + d.mean,
		Codecs: strings.Join(append([]string{t.Codec.RFC6381()}, d.codecs...), ","),
	}
	if len(d.Audio) > 0 {
		v.Audio = audioGroup
	}
	return v
}

// soundAlone lists what there is where nothing is seen: the leading track is the variant, others are beside it.
func (d *description) soundAlone(steps ladder) {
	step := steps[0]
	leading := step.Leading()
	for i := range step.Tracks {
		if step.Tracks[i].Kind() == media.Audio {
			d.addSound(step, i)
		}
	}
	if len(d.Audio) == 0 {
		return
	}
	st := stream{track: leading + 1}
	v := playlist.Variant{
		URI: d.uri("", st), Bandwidth: max(d.peak, 1), AverageBandwidth: d.mean, Codecs: strings.Join(d.codecs, ","), Audio: audioGroup,
	}
	for i := range d.Audio {
		if d.Audio[i].URI == v.URI {
			d.Audio[i].URI = "" // It is in the variant itself (RFC 8216bis §4.4.6.2.1).
		}
	}
	if len(d.Audio) == 1 {
		d.Audio, v.Audio = nil, "" // There is nothing to choose from.
	}
	d.Variants = append(d.Variants, v)
	for _, other := range steps[1:] {
		if lead := other.Leading(); other.Tracks[lead].Kind() == media.Audio {
			st := stream{rendition: other.rendition, track: lead + 1}
			peak, mean := bandwidth(d.entries, st, d.target)
			d.Variants = append(d.Variants, playlist.Variant{
				URI: d.uri("", st), Bandwidth: max(peak, 1), AverageBandwidth: mean, Codecs: other.Tracks[lead].Codec.RFC6381(),
			})
		}
	}
}

// highestFrameRate is the most that is believed of a parameter set.
const highestFrameRate = 300

// frameRate leaves out what no camera makes; encoders write 90,000 pictures a second, and infinitely many.
func frameRate(fps float64) float64 {
	if fps > 0 && fps <= highestFrameRate {
		return fps
	}
	return 0
}

// language is the track's, if it can be written between quotation marks.
func language(t *media.Track) string {
	for _, c := range t.Language {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return ""
		}
	}
	return t.Language
}

// quotable leaves out of a text what cannot stand between quotation marks (RFC 8216bis §4.2).
func quotable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '"' || r < ' ' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
}

// trackName tells a track from those before it: names are unique in a group (RFC 8216bis §4.4.6.1.1).
func trackName(before []playlist.Rendition, t *media.Track, kind string, i int) string {
	name := language(t)
	if name == "" || slices.ContainsFunc(before, func(r playlist.Rendition) bool { return r.Name == name }) {
		return kind + strconv.Itoa(i)
	}
	return name
}
