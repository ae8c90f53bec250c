package play

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/timeline"
)

// describe lists the tracks: the leading one as the variant, sound beside it as renditions. What it tells comes from the
// source, which may tell nonsense.
func describe(init *media.Init, entries []timeline.Entry, dir string) *playlist.Master {
	leading := init.Leading()
	peak, mean := bandwidth(entries)
	variant := playlist.Variant{URI: dir + strconv.Itoa(leading+1) + ".m3u8", Bandwidth: peak, AverageBandwidth: mean}
	codecs := []string{init.Tracks[leading].Codec.RFC6381()}
	m := &playlist.Master{Independent: true}
	if init.Tracks[leading].Kind() == media.Video {
		p := media.PictureOf(init.Tracks[leading].Codec)
		variant.Width, variant.Height, variant.FrameRate = p.Width, p.Height, frameRate(p.FrameRate)
	}
	for i := range init.Tracks {
		t := &init.Tracks[i]
		if t.Kind() != media.Audio {
			continue
		}
		if codec := t.Codec.RFC6381(); !slices.Contains(codecs, codec) {
			codecs = append(codecs, codec)
		}
		r := playlist.Rendition{
			Group: audioGroup, Name: soundName(m.Audio, t, i), Language: language(t), Default: len(m.Audio) == 0,
			Channels: channelsOf(t.Codec), URI: dir + strconv.Itoa(i+1) + ".m3u8",
		}
		if i == leading {
			r.URI = "" // It is in the variant itself (RFC 8216bis §4.4.6.2.1).
		}
		m.Audio = append(m.Audio, r)
	}
	switch {
	case len(m.Audio) == 1 && m.Audio[0].URI == "":
		m.Audio = nil // Sound alone, of one kind: there is nothing to choose from.
	case len(m.Audio) > 0:
		variant.Audio = audioGroup
	}
	for i := range entries {
		if !entries[i].Independent && entries[i].Kind != timeline.Gap {
			m.Independent = false
		}
	}
	variant.Codecs = strings.Join(codecs, ",")
	m.Variants = []playlist.Variant{variant}
	return m
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

// soundName tells a sound track from those before it: names are unique in a group (RFC 8216bis §4.4.6.1.1).
func soundName(before []playlist.Rendition, t *media.Track, i int) string {
	name := language(t)
	if name == "" || slices.ContainsFunc(before, func(r playlist.Rendition) bool { return r.Name == name }) {
		return "audio" + strconv.Itoa(i)
	}
	return name
}

func channelsOf(c media.Codec) int {
	switch c := c.(type) {
	case *media.AAC:
		conf, err := c.Parse()
		if err != nil {
			return 0
		}
		if conf.ChannelConfig == 7 {
			return 8 // ISO 14496-3 table 1.19: 7.1, the one that is not its own number.
		}
		return int(conf.ChannelConfig)
	case *media.Opus:
		return c.Channels
	case *media.MP2:
		return c.Channels
	}
	return 0
}

// bandwidth measures the peak segment's and the mean bit rate of what a window holds (RFC 8216bis §4.4.6.2).
func bandwidth(entries []timeline.Entry) (peak, mean int) {
	var bytes int64
	var total time.Duration
	for i := range entries {
		var size int64
		for _, r := range entries[i].Tracks {
			size += r.Length
		}
		if entries[i].Duration < time.Second/2 {
			continue // The scrap before a restart would count as a peak.
		}
		peak = max(peak, int(float64(size*8)/entries[i].Duration.Seconds()))
		bytes += size
		total += entries[i].Duration
	}
	if total > 0 {
		mean = int(float64(bytes*8) / total.Seconds())
	}
	return max(peak, 1), mean
}
