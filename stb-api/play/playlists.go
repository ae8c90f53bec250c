package play

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/timeline"
)

// audioGroup is the GROUP-ID of a channel's sound tracks.
const audioGroup = "audio"

// scene is what a view shows at an instant.
type scene struct {
	entries []timeline.Entry
	version uint64
	closed  bool
	event   bool
	start   *time.Duration
}

// look gathers the entries of a view.
func (s *Service) look(ctx context.Context, c *Channel, v view) (scene, error) {
	tail := c.Timeline.Tail()
	sc := scene{version: tail.Version}
	if v.mode == live {
		sc.entries = tail.Live(c.window())
		return sc, nil
	}
	now := s.now()
	from, to := v.span(now)
	oldest := now.Add(-timeline.MaxWindow)
	if c.Archive > 0 {
		oldest = now.Add(-c.Archive)
	}
	if v.mode == rewind {
		from = later(from, oldest)
	}
	end := to
	if end.IsZero() {
		end = now.Add(time.Hour)
	}
	if from.Before(oldest.Add(-time.Minute)) || from.After(now.Add(time.Minute)) {
		return sc, errNoMedia
	}
	entries, err := c.Timeline.Between(ctx, from, end)
	if err != nil {
		return sc, err
	}
	sc.entries = entries
	switch v.mode {
	case rewind:
		if len(entries) == 0 || windowOf(entries) < c.window() {
			sc.entries = tail.Live(c.window())
		}
	case archive:
		last := tail.Last()
		sc.closed = to.Before(now.Add(-c.targetDuration())) || (last != nil && !last.End().Before(to))
		sc.event = !sc.closed
	case startOver:
		sc.event = true
	case live:
	}
	if len(sc.entries) == 0 {
		return sc, errNoMedia
	}
	if v.mode == archive || v.mode == startOver {
		// The first segment begins before the instant asked for; and a growing playlist would start at its end.
		offset := max(from.Sub(sc.entries[0].Start), 0)
		if offset > 0 || sc.event {
			sc.start = &offset
		}
	}
	return sc, nil
}

func windowOf(entries []timeline.Entry) time.Duration {
	return entries[len(entries)-1].End().Sub(entries[0].Start)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// The places of Channel.live.
const (
	slotMono = iota
	slotTrack1
	slotTrack2
)

// mediaPlaylist renders a view as a media playlist: of muxed MPEG-TS where track is 0, else of that track as CMAF.
func (s *Service) mediaPlaylist(ctx context.Context, c *Channel, v view, track int, base string) (*answer, error) {
	ready := v.mode == live && track < len(c.live) && strings.Trim(base, "./") == ""
	if ready {
		if r := c.live[track].Load(); r != nil && r.version == c.Timeline.Tail().Version {
			return r.answer, nil
		}
	}
	if v.long(s.now()) {
		// A playlist of days takes tens of megabytes to make: few at a time, or a crowd of them would take all memory.
		if err := s.heavy().Acquire(ctx, 1); err != nil {
			return nil, errStore.WithCause(err)
		}
		defer s.heavy().Release(1)
	}
	sc, err := s.look(ctx, c, v)
	if err != nil {
		return nil, s.explain(err)
	}
	if len(sc.entries) == 0 {
		return nil, errStarting
	}
	key := fmt.Sprintf("p/%s/%s/%d/%s", c.ID, v, track, base)
	if !sc.closed {
		key += "@" + strconv.FormatUint(sc.version, 10)
	}
	if ready {
		return s.renderLive(c, &sc, track)
	}
	cache := cacheLive
	switch {
	case strings.Contains(base, "~"):
		cache = cacheToken
	case sc.closed:
		cache = cacheClosed
	}
	return s.keptPlaylist(ctx, key, cache, func() ([]byte, error) { return s.renderMedia(c, &sc, track, base) })
}

// keptPlaylist renders and compresses a playlist once for all who ask for it. The key names its content, so that it does
// for a validator: a week's playlist has 12 MB, which nobody should have to read for that.
func (s *Service) keptPlaylist(ctx context.Context, key, cache string, render func() ([]byte, error)) (*answer, error) {
	body, err := s.Hot.Load(ctx, key, func(context.Context) ([]byte, error) { return render() })
	if err != nil {
		return nil, err
	}
	a := &answer{body: body, contentType: typePlaylist, cache: cache, etag: etag([]byte(key))}
	if len(body) < minGzip {
		return a, nil
	}
	a.gzipped, err = s.Hot.Load(ctx, "z"+key, func(context.Context) ([]byte, error) { return compress(body), nil })
	return a, err
}

// renderLive renders one of the live playlists that are kept ready, the same for all viewers.
func (s *Service) renderLive(c *Channel, sc *scene, track int) (*answer, error) {
	base := ""
	if track > 0 {
		base = "../"
	}
	body, err := s.renderMedia(c, sc, track, base)
	if err != nil {
		return nil, err
	}
	a := newPlaylist(body, cacheLive)
	c.live[track].Store(&rendered{version: sc.version, answer: a})
	return a, nil
}

func (s *Service) renderMedia(c *Channel, sc *scene, track int, base string) ([]byte, error) {
	first := &sc.entries[0]
	m := playlist.Media{
		TargetDuration: c.targetDuration(), Sequence: first.Seq, DiscontinuitySequence: first.Disc,
		Closed: sc.closed, Event: sc.event, StartOffset: sc.start, Independent: true,
		Segments: make([]playlist.Segment, len(sc.entries)),
	}
	if first.Discontinuity {
		// The tag before the first segment stays until the segment goes (RFC 8216bis §6.2.2).
		m.DiscontinuitySequence--
	}
	var buf []byte
	for i := range sc.entries {
		e := &sc.entries[i]
		if !e.Independent {
			m.Independent = false
		}
		buf = append(buf[:0], base...)
		buf = segmentName(buf, e.Hour(), e.Seq)
		seg := &m.Segments[i]
		*seg = playlist.Segment{
			Duration: e.Duration, ProgramDateTime: e.Start, Discontinuity: e.Discontinuity, Gap: e.Kind == timeline.Gap,
		}
		if track == 0 {
			seg.URI = string(append(buf, ".ts"...))
			continue
		}
		seg.Gap = seg.Gap || track > len(e.Tracks) || e.Tracks[track-1].Length == 0
		buf = append(buf, '-')
		buf = strconv.AppendInt(buf, int64(track), 10)
		seg.URI = string(append(buf, ".m4s"...))
		seg.Map = base + initName(e.Init, track)
	}
	return m.Append(nil)
}

func initName(version string, track int) string {
	return "init-" + version + "-" + strconv.Itoa(track) + ".mp4"
}

// master renders the multivariant playlist of a view.
func (s *Service) master(ctx context.Context, c *Channel, v view, base string) (*answer, error) {
	sc, err := s.look(ctx, c, v)
	if err != nil {
		return nil, s.explain(err)
	}
	if len(sc.entries) == 0 {
		return nil, errStarting
	}
	last := &sc.entries[len(sc.entries)-1]
	init, err := s.tracks(ctx, last.Init)
	if err != nil {
		return nil, s.explain(err)
	}
	m := describe(init, sc.entries, base+v.String()+"/")
	body, err := m.Append(nil)
	if err != nil {
		return nil, err
	}
	cache := cacheLive
	if base != "" {
		cache = cacheToken
	}
	return newPlaylist(body, cache), nil
}

// describe lists the tracks: the leading one as the variant, sound beside a picture as renditions.
func describe(init *media.Init, entries []timeline.Entry, dir string) *playlist.Master {
	leading := init.Leading()
	peak, mean := bandwidth(entries)
	variant := playlist.Variant{URI: dir + strconv.Itoa(leading+1) + ".m3u8", Bandwidth: peak, AverageBandwidth: mean}
	codecs := []string{init.Tracks[leading].Codec.RFC6381()}
	m := &playlist.Master{Independent: true}
	if init.Tracks[leading].Kind() == media.Video {
		p := media.PictureOf(init.Tracks[leading].Codec)
		variant.Width, variant.Height, variant.FrameRate = p.Width, p.Height, p.FrameRate
	}
	for i := range init.Tracks {
		t := &init.Tracks[i]
		if i == leading || t.Kind() != media.Audio {
			continue
		}
		if codec := t.Codec.RFC6381(); !contains(codecs, codec) {
			codecs = append(codecs, codec)
		}
		variant.Audio = audioGroup
		m.Audio = append(m.Audio, playlist.Rendition{
			Group: audioGroup, Name: soundName(t, i), Language: t.Language, Default: len(m.Audio) == 0,
			Channels: channelsOf(t.Codec), URI: dir + strconv.Itoa(i+1) + ".m3u8",
		})
	}
	for i := range entries {
		if !entries[i].Independent {
			m.Independent = false
		}
	}
	variant.Codecs = strings.Join(codecs, ",")
	m.Variants = []playlist.Variant{variant}
	return m
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func soundName(t *media.Track, i int) string {
	if t.Language != "" {
		return t.Language
	}
	return "audio" + strconv.Itoa(i)
}

func channelsOf(c media.Codec) int {
	switch c := c.(type) {
	case *media.AAC:
		if conf, err := c.Parse(); err == nil {
			return conf.ChannelCount
		}
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
