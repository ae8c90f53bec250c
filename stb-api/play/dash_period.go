package play

import (
	"context"
	"strconv"
	"strings"
	"time"

	"podium.tv/podium/packager/dash"
	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/timeline"
)

// period describes a run: the pictures of all renditions as one set for each codec, and each sound and text track as one
// of its own. Sound is the main rendition's, so that nothing is heard of a change of picture.
func (s *Service) period(ctx context.Context, r *run, base string) (dash.Period, error) {
	p := dash.Period{ID: "p" + strconv.FormatUint(r.first.Seq, 10), Start: r.start, Duration: r.duration()}
	main, err := s.tracks(ctx, r.first.Init)
	if err != nil {
		return p, err
	}
	sets := setMaker{run: r, base: base}
	sets.addAll(main, "", media.Video)
	for i := range r.first.Also {
		also := &r.first.Also[i]
		if also.Lost() {
			continue
		}
		init, err := s.tracks(ctx, also.Init)
		if err != nil {
			return p, err
		}
		sets.addAll(init, also.Name, media.Video)
	}
	sets.addAll(main, "", media.Audio)
	sets.addAll(main, "", media.Text)
	p.Sets = sets.made
	return p, nil
}

// setMaker gathers the streams of a run into sets.
type setMaker struct {
	run    *run
	base   string
	made   []dash.Set
	codecs []string // of each set
}

func (m *setMaker) addAll(init *media.Init, rendition string, kind media.Kind) {
	for i := range init.Tracks {
		if init.Tracks[i].Kind() == kind {
			m.add(init, rendition, i)
		}
	}
}

// add puts a stream into the set of those that a player can switch to from it, or into a set of its own: between codecs
// not all can switch, and of sound tracks each is another.
func (m *setMaker) add(init *media.Init, rendition string, track int) {
	t := &init.Tracks[track]
	st := stream{rendition: rendition, track: track + 1}
	times, peak, independent := m.run.measure(st, t.Timescale)
	times.Media = m.base + "seg-n$Number$-$RepresentationID$.m4s"
	times.Init = m.base + initName(m.run.initOf(rendition), track+1)
	rep := representation(t)
	rep.ID, rep.Bandwidth, rep.Template = st.String(), rounded(peak), times
	set := dash.Set{
		ID: len(m.made) + 1, Kind: dashKind(t.Kind()), Language: language(t), Role: "main", Independent: independent,
		Representations: []dash.Representation{rep},
	}
	for i := range m.made {
		other := &m.made[i]
		if other.Kind != set.Kind {
			continue
		}
		if set.Kind == dash.Video && m.codecs[i] == t.Codec.Name() {
			other.Independent = other.Independent && independent
			other.Representations = append(other.Representations, rep)
			return
		}
		set.Role = "alternate"
	}
	if set.Kind == dash.Text {
		set.Role = "subtitle"
	}
	m.made, m.codecs = append(m.made, set), append(m.codecs, t.Codec.Name())
}

// addTexts adds texts that are files of their own.
func addTexts(p *dash.Period, texts []playlist.Rendition, base string) {
	for i := range texts {
		name := side{of: sideText, n: i + 1}.String()
		p.Sets = append(p.Sets, dash.Set{
			ID: len(p.Sets) + 1, Kind: dash.Text, Language: texts[i].Language, Role: "subtitle", File: base + name,
			Representations: []dash.Representation{{ID: strings.TrimSuffix(name, ".vtt"), Bandwidth: leastBandwidth}},
		})
	}
}

func dashKind(k media.Kind) dash.Kind {
	switch k {
	case media.Video:
		return dash.Video
	case media.Audio:
		return dash.Audio
	default:
		return dash.Text
	}
}

// representation tells what a track's parameters say, of which only what makes sense is believed.
func representation(t *media.Track) dash.Representation {
	r := dash.Representation{Codecs: t.Codec.RFC6381()}
	switch t.Kind() {
	case media.Video:
		p := media.PictureOf(t.Codec)
		r.Width, r.Height, r.FrameRate = p.Width, p.Height, frameRate(p.FrameRate)
	case media.Audio:
		r.SamplingRate = t.Timescale
		r.ChannelConfiguration = channelConfiguration(t.Codec)
	default:
	}
	return r
}

// channelConfiguration is the number that ISO 23091-3 gives to an arrangement of loudspeakers, or 0.
func channelConfiguration(c media.Codec) int {
	if aac, ok := c.(*media.AAC); ok {
		conf, err := aac.Parse()
		if err != nil {
			return 0
		}
		return int(conf.ChannelConfig) // Its table is the beginning of that one.
	}
	switch n := media.ChannelsOf(c); n {
	case 1, 2, 3, 5, 6:
		return n
	case 8:
		return 12 // 7.1 with loudspeakers at the sides and behind.
	}
	return 0
}

// initOf is the version of a rendition's init.
func (r *run) initOf(rendition string) string {
	for i := range r.first.Also {
		if r.first.Also[i].Name == rendition {
			return r.first.Also[i].Init
		}
	}
	return r.first.Init
}

// measure lists a stream's segments, and finds the peak in bits per second.
//
// Sound is listed by the picture's times: its own begin less than a frame later, or as much earlier as pictures wait for
// being shown in another order than they were sent, and only its bytes could tell exactly.
func (r *run) measure(st stream, timescale int) (t *dash.Template, peak int, independent bool) {
	begin, _ := mediaOf(r.first, st.rendition)
	t = &dash.Template{Timescale: timescale, Number: r.entries[0].Seq, Offset: ticks(begin+r.skipped, timescale)}
	independent = true
	for i := range r.entries {
		e := &r.entries[i]
		at, tracks := mediaOf(e, st.rendition)
		end := at + e.Duration
		if i+1 < len(r.entries) {
			end, _ = mediaOf(&r.entries[i+1], st.rendition) // So that no rounding parts them.
		}
		from := ticks(at, timescale)
		t.Add(from, max(ticks(end, timescale)-from, 1))
		independent = independent && e.Independent
		if st.track > len(tracks) || e.Duration < shortest {
			continue
		}
		peak = max(peak, int(float64(tracks[st.track-1].Length*8)/e.Duration.Seconds()))
	}
	return t, max(peak, leastBandwidth), independent
}

// leastBandwidth is what is said of a track that brings nothing now: it may again.
const leastBandwidth = 1000

// shortest is how long a segment must be for its bit rate to count: the scrap before a restart would be a peak.
const shortest = time.Second / 2

// mediaOf is the media time of an entry's rendition as it is put out, and where its tracks are.
func mediaOf(e *timeline.Entry, rendition string) (time.Duration, []timeline.Range) {
	if rendition != "" {
		for i := range e.Also {
			if a := &e.Also[i]; a.Name == rendition {
				return a.Time + a.Shift, a.Tracks
			}
		}
	}
	return e.Time + e.Shift, e.Tracks
}

// ticks rounds to the nearest tick: times were rounded down to the nanosecond.
func ticks(d time.Duration, timescale int) int64 {
	return media.FromDuration(d+time.Second/time.Duration(2*timescale), timescale)
}

// rounded is a bandwidth with two digits, rounded up: what is measured changes with each segment, and what a manifest
// says of a representation should not.
func rounded(bandwidth int) int {
	unit := 1
	for bandwidth/unit >= 100 {
		unit *= 10
	}
	return (bandwidth + unit - 1) / unit * unit
}

// connect tells which period goes on from which, and returns the time at which the last ends.
func connect(periods []dash.Period, runs []run) time.Duration {
	for i := range periods {
		p := &periods[i]
		if i == 0 {
			continue
		}
		before := &periods[i-1]
		end := before.Start + before.Duration
		if p.Start-end < worthTelling {
			before.Duration = 0 // It ends where the next begins.
		}
		times := (p.Start-end).Abs() <= seam && (runs[i].offset()-runs[i-1].offset()-(end-before.Start)).Abs() <= seam
		for j := range p.Sets {
			if j < len(before.Sets) && compatible(&before.Sets[j], &p.Sets[j]) {
				p.Sets[j].Continues = before.ID
				p.Sets[j].Continuous = times && runs[i].first.Init == runs[i-1].first.Init
			}
		}
	}
	last := &periods[len(periods)-1]
	return last.Start + last.Duration
}

// worthTelling is the shortest pause that a period's duration tells of; players pass over shorter ones by themselves.
const worthTelling = time.Second / 2

// compatible says that a player can go on from one set with the other in the same buffer.
func compatible(a, b *dash.Set) bool {
	return a.Kind == b.Kind && a.Language == b.Language && len(a.Representations) == len(b.Representations) &&
		a.Representations[0].Codecs == b.Representations[0].Codecs
}
