package playout_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/segment"
	"podium.tv/podium/packager/timeline"
)

// part shows n parts of each size that is there.
func (l *ladder) part(begin time.Time, n int) {
	for _, z := range l.all() {
		if z.away {
			continue
		}
		made := z.feed.Prepare(z.entry(l, begin, 0))
		require.NoError(l.t, z.feed.Make(&timeline.Making{Entry: made, Parts: partsOf(n)}))
	}
	synctest.Wait()
}

func partsOf(n int) segment.Parts {
	return segment.Parts{Target: time.Second, Tracks: [][]segment.Part{make([]segment.Part, n)}}
}

// whole records the segment of each size that is there.
func (l *ladder) whole(begin time.Time, n int) {
	all := l.all()
	for i := range all {
		z := all[len(all)-1-i] // The main one comes last.
		if z.away {
			z.begun = false
			continue
		}
		e := z.feed.Prepare(z.entry(l, begin, time.Since(begin)))
		e.Object = z.feed.MediaName(e.Seq)
		require.NoError(l.t, z.feed.Finish(e, partsOf(n)))
		z.begun = true
		synctest.Wait()
	}
	time.Sleep(renditionPatience) // Whoever is awaited is not any more.
	synctest.Wait()
}

const renditionPatience = 500 * time.Millisecond

// inParts puts out a segment in four parts. Between them something happens. What the channel showed of a size before each is
// returned: parts of the segment in the making, o where no more of them come.
func (l *ladder) inParts(name string, happens func(part int)) string {
	begin, seq, line := time.Now(), l.channel.Channel.Tail().Next, ""
	for n := 1; n <= 4; n++ {
		time.Sleep(time.Second)
		if happens != nil {
			happens(n)
		}
		l.part(begin, n)
		made := l.channel.Channel.Edge().RenditionOf(seq, name)
		switch {
		case made == nil:
			line += "."
		case made.Over:
			line += "o"
		default:
			line += string(rune('0' + len(made.Parts.Tracks[0])))
		}
	}
	l.whole(begin, 4)
	last := l.channel.Channel.Tail().Last()
	require.Equal(l.t, seq, last.Seq)
	state := ""
	for i := range last.Also {
		if a := &last.Also[i]; a.Name == name {
			state = "x"
			if a.Lost() {
				state = "-"
			}
		}
	}
	parts := l.channel.Channel.Edge().RenditionOf(seq, name)
	require.Equal(l.t, state == "x", parts != nil)
	if last.Discontinuity {
		line = "|" + line
	}
	return line + state
}

func TestRenditionsInTheMaking(t *testing.T) {
	for name, c := range map[string]struct {
		happens []func(l *ladder, part int)
		want    []string
	}{
		"all is well": {make([]func(*ladder, int), 4), []string{"....x", "1234x", "1234x", "1234x"}},
		"one goes in the middle and comes back": {
			[]func(*ladder, int){
				nil, nil,
				func(l *ladder, part int) {
					if part == 3 {
						l.sizes[0].gone(l)
					}
				},
				nil,
				func(l *ladder, part int) { l.sizes[0].away = false },
				nil, nil, nil,
			},
			[]string{"....x", "1234x", "12oo-", "....", "....", "....", "|....x", "1234x"},
		},
		"one is away": {
			[]func(*ladder, int){nil, func(l *ladder, _ int) { l.sizes[0].away = true }, nil},
			[]string{"....x", "....", "...."},
		},
		"one begins anew": {
			[]func(*ladder, int){nil, func(l *ladder, _ int) { l.sizes[0].begun = false }, nil, nil, nil},
			[]string{"....x", "....", "....", "|....x", "1234x"},
		},
		"the channel's feed begins anew": {
			[]func(*ladder, int){nil, func(l *ladder, _ int) { l.main.begun = false }, nil},
			[]string{"....x", "|1234x", "1234x"},
		},
		"one is cut elsewhere": {
			[]func(*ladder, int){nil, func(l *ladder, _ int) { l.sizes[0].clock = 2 * time.Second }, nil},
			[]string{"....x", "....", "...."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLadder(t, t.TempDir())
				l.start()
				var got []string
				for _, happens := range c.happens {
					got = append(got, l.inParts("720p", func(part int) {
						if happens != nil {
							happens(l, part)
						}
					}))
				}
				entries := l.stop()
				l.requireAligned(entries)
				require.Equal(t, c.want, got)
			})
		})
	}
}

// gone ends what the size has in the making, as a feed does whose encoder is cut off.
func (z *size) gone(l *ladder) {
	made := z.feed.Edge().Making
	e := made.Entry
	e.Duration, e.Object = 2*time.Second, z.feed.MediaName(e.Seq)
	require.NoError(l.t, z.feed.Finish(e, made.Parts))
	z.away = true
	synctest.Wait()
}
