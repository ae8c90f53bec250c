package vod

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/playlist"
)

// lists writes a folder's playlists, once all its segments are there.
type lists struct {
	folder  *folder
	records []record
	texts   []text

	durations   []time.Duration
	target      time.Duration
	independent bool
}

// The groups of renditions in a multivariant playlist.
const (
	soundGroup = "sound"
	textGroup  = "text"
)

// write writes them all, the one that players begin with last.
func (l *lists) write() error {
	l.independent = true
	for i := range l.records {
		l.durations = append(l.durations, l.records[i].Duration)
		l.independent = l.independent && l.records[i].Independent
	}
	l.target = targetDuration(l.durations)
	for i := range l.texts {
		if err := l.writeText(i); err != nil {
			return err
		}
	}
	if l.folder.format.cmaf() {
		if err := l.writeFragments(); err != nil {
			return err
		}
	}
	if l.folder.format.ts() {
		return l.writeTS()
	}
	return nil
}

// media is a closed playlist of all segments that uri names; where it is empty the segment is left out.
func (l *lists) media(header string, independent bool, uri func(n int) string) *playlist.Media {
	m := &playlist.Media{TargetDuration: l.target, Closed: true, Independent: independent}
	for n := range l.records {
		if name := uri(n); name != "" {
			m.Segments = append(m.Segments, playlist.Segment{URI: name, Duration: l.durations[n], Map: header})
		}
	}
	return m
}

func (l *lists) put(name string, p interface {
	Append([]byte) ([]byte, error)
},
) error {
	b, err := p.Append(nil)
	if err != nil {
		return fmt.Errorf("make %s: %w", name, err)
	}
	return os.WriteFile(filepath.Join(l.folder.dir, name), b, 0o666)
}

// writeFragments writes the playlists of CMAF: one for each track, and index.m3u8.
func (l *lists) writeFragments() error {
	master := &playlist.Master{Independent: l.independent}
	for i, r := range l.folder.renditions {
		for t := range r.init.Tracks {
			independent := l.independent || r.init.Tracks[t].Kind() == media.Audio
			list := l.media(filepath.Base(r.initName(t)), independent, func(n int) string {
				if l.records[n].Parts[i].Sizes[t] == 0 {
					return ""
				}
				return filepath.Base(r.fragmentName(t, n))
			})
			if err := l.put("cmaf/"+r.trackName(t)+".m3u8", list); err != nil {
				return err
			}
		}
		master.Variants = append(master.Variants, l.variant(i, "cmaf/"))
	}
	l.describeSound(master, "cmaf/")
	l.describeTexts(master)
	return l.put("index.m3u8", master)
}

// writeTS writes the playlists of MPEG-TS: one, which players begin with, or several and one that lists them.
func (l *lists) writeTS() error {
	begin := "index.m3u8"
	if l.folder.format == Both {
		begin = "mono.m3u8"
	}
	count := 0
	for i := range l.folder.renditions {
		if l.folder.hasTS(i) {
			count++
		}
	}
	if count == 1 && (len(l.texts) == 0 || l.folder.format == Both) {
		r := l.folder.renditions[0]
		return l.put(begin, l.media("", l.independent, func(n int) string { return r.tsName(n) }))
	}
	master := &playlist.Master{Independent: l.independent}
	for i, r := range l.folder.renditions {
		if !l.folder.hasTS(i) {
			continue
		}
		list := l.media("", l.independent, func(n int) string { return filepath.Base(r.tsName(n)) })
		name := "ts/index.m3u8"
		if r.name != "" {
			name = "ts/" + r.name + ".m3u8"
		}
		if err := l.put(name, list); err != nil {
			return err
		}
		v := l.variant(i, "")
		v.URI, v.Audio = name, ""
		v.Bandwidth, v.AverageBandwidth = l.bandwidth(func(n int) int64 { return l.records[n].Parts[i].TS })
		master.Variants = append(master.Variants, v)
	}
	l.describeTexts(master)
	return l.put(begin, master)
}

// variant describes a rendition: its leading track with the sound of the main one.
func (l *lists) variant(i int, dir string) playlist.Variant {
	r := l.folder.renditions[i]
	lead := r.init.Leading()
	v := playlist.Variant{URI: dir + r.trackName(lead) + ".m3u8"}
	codecs := []string{r.init.Tracks[lead].Codec.RFC6381()}
	sound := l.folder.renditions[0]
	for t := range sound.init.Tracks {
		codec := sound.init.Tracks[t].Codec.RFC6381()
		if sound.init.Tracks[t].Kind() == media.Audio && !slices.Contains(codecs, codec) {
			codecs = append(codecs, codec)
		}
	}
	v.Codecs = strings.Join(codecs, ",")
	if r.init.Tracks[lead].Kind() == media.Video {
		p := media.PictureOf(r.init.Tracks[lead].Codec)
		v.Width, v.Height, v.FrameRate = p.Width, p.Height, l.frameRate(i, lead)
	}
	if l.hasSound() {
		v.Audio = soundGroup
	}
	if len(l.texts) > 0 {
		v.Subtitles = textGroup
	}
	v.Bandwidth, v.AverageBandwidth = l.bandwidth(func(n int) int64 {
		return l.records[n].Parts[i].Sizes[lead] + l.sound(n, lead)
	})
	return v
}

// sound is the size of the largest sound track of a segment, that of a leading track left out.
func (l *lists) sound(n, lead int) int64 {
	var most int64
	tracks := l.folder.renditions[0].init.Tracks
	for t, size := range l.records[n].Parts[0].Sizes {
		if tracks[t].Kind() == media.Audio && (t != lead || tracks[lead].Kind() != media.Audio) {
			most = max(most, size)
		}
	}
	return most
}

func (l *lists) bandwidth(size func(n int) int64) (peak, mean int) {
	sizes := make([]int64, len(l.records))
	for n := range sizes {
		sizes[n] = size(n)
	}
	return measured(sizes, l.durations, l.target)
}

// frameRate is how many pictures a second were counted, to the thousandth.
func (l *lists) frameRate(i, track int) float64 {
	count, lasts := 0, int64(0)
	for n := range l.records {
		p := &l.records[n].Parts[i]
		count += p.Samples[track]
		lasts += p.Lasts[track]
	}
	seconds := float64(lasts) / float64(l.folder.renditions[i].init.Tracks[track].Timescale)
	if count < 2 || seconds <= 0 || float64(count)/seconds > 1000 {
		return 0
	}
	return math.Round(float64(count)/seconds*1000) / 1000
}

// hasSound says whether there is sound beside the variants.
func (l *lists) hasSound() bool {
	in := l.folder.renditions[0].init
	return len(in.Tracks) > 1 && l.folder.format.cmaf()
}

// describeSound lists the sound tracks of the main rendition.
func (l *lists) describeSound(m *playlist.Master, dir string) {
	if !l.hasSound() {
		return
	}
	r := l.folder.renditions[0]
	lead := r.init.Leading()
	for t := range r.init.Tracks {
		track := &r.init.Tracks[t]
		if track.Kind() != media.Audio {
			continue
		}
		a := playlist.Rendition{
			Group: soundGroup, Name: soundName(m.Audio, track, t), Language: track.Language, Default: len(m.Audio) == 0,
			Channels: channels(track.Codec), URI: dir + r.trackName(t) + ".m3u8",
		}
		if t == lead {
			a.URI = "" // It is in the variant itself (RFC 8216bis §4.4.6.2.1).
		}
		m.Audio = append(m.Audio, a)
	}
}

// soundName tells a sound track from those before it: names are unique in a group (RFC 8216bis §4.4.6.1.1).
func soundName(before []playlist.Rendition, t *media.Track, i int) string {
	name := t.Language
	if name == "" || slices.ContainsFunc(before, func(r playlist.Rendition) bool { return r.Name == name }) {
		return "audio" + strconv.Itoa(i)
	}
	return name
}

// channels is how many there are, or 0 where that is not known (ISO 14496-3 table 1.19: 7 means 7.1).
func channels(c media.Codec) int {
	aac, ok := c.(*media.AAC)
	if !ok {
		return 0
	}
	conf, err := aac.Parse()
	if err != nil {
		return 0
	}
	if conf.ChannelConfig == 7 {
		return 8
	}
	return int(conf.ChannelConfig)
}
