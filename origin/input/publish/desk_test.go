package publish_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/packager/media"
)

// encoder is a publisher whose connection is a channel.
type encoder struct {
	info publish.Info

	mutex    sync.Mutex
	attached int
	over     chan struct{}
	cause    error
}

func newEncoder(feed, protocol string) *encoder {
	return &encoder{
		info: publish.Info{Feed: feed, Protocol: protocol, Address: netip.MustParseAddrPort("192.0.2.7:4000")},
		over: make(chan struct{}),
	}
}

func (e *encoder) Info() publish.Info { return e.info }

func (e *encoder) Attach() publish.Read {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.attached++
	return func(ctx context.Context, r input.Receiver) error {
		if err := r.Describe(nil); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-e.over:
			return e.cause
		}
	}
}

func (e *encoder) End(cause error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.cause == nil {
		e.cause = cause
		close(e.over)
	}
}

func (e *encoder) readers() int {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.attached
}

// taker is a feed that takes any tracks, or refuses them all.
type taker struct {
	refuse error
}

func (r taker) Describe([]media.Track) error { return r.refuse }
func (taker) Sample(int, media.Sample)       {}
func (taker) Warn(error)                     {}

// read runs a feed's input; the result gives its end.
func read(t *testing.T, d *publish.Desk, feed string, r input.Receiver) (ended <-chan error, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	out := make(chan error, 1)
	go func() { out <- (&publish.Input{Desk: d, Feed: feed}).Run(ctx, r) }()
	require.Eventually(t, func() bool { return d.Awaited(feed) }, 10*time.Second, time.Millisecond)
	return out, cancel
}

func attached(t *testing.T, e *encoder, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return e.readers() == n }, 10*time.Second, time.Millisecond)
}

func TestAdmit(t *testing.T) {
	from := func(last byte) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, last}), 1)
	}
	broken := errors.New("catalogue away")
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	desk := func() *publish.Desk {
		return &publish.Desk{
			Keys: publish.StaticKeys{"hall": "open-sesame", "attic": "other", "sealed": ""}, MaxPublishers: 1,
			Now: func() time.Time { return now },
		}
	}
	for name, c := range map[string]struct {
		change func(*publish.Desk)
		feed   string
		key    string
		want   error
	}{
		"the right key":            {feed: "hall", key: "open-sesame"},
		"a wrong key":              {feed: "hall", key: "guess", want: publish.ErrWrongKey},
		"no key":                   {feed: "hall", want: publish.ErrWrongKey},
		"a feed without a key":     {feed: "sealed", want: publish.ErrWrongKey},
		"a feed that is not there": {feed: "cellar", key: "open-sesame", want: publish.ErrUnknownFeed},
		"a name that is none":      {feed: "../hall", key: "open-sesame", want: publish.ErrUnknownFeed},
		"nobody to ask":            {change: func(d *publish.Desk) { d.Keys = nil }, feed: "hall", want: publish.ErrUnknownFeed},
		"a catalogue that is away": {change: func(d *publish.Desk) { d.Keys = failing{broken} }, feed: "hall", want: broken},
		"after the end":            {change: func(d *publish.Desk) { d.Close() }, feed: "hall", key: "open-sesame", want: publish.ErrClosed},
		"a feed that is taken":     {change: func(d *publish.Desk) { enter(d, "hall") }, feed: "hall", key: "open-sesame", want: publish.ErrTaken},
		"one more than may":        {change: func(d *publish.Desk) { enter(d, "attic") }, feed: "hall", key: "open-sesame", want: publish.ErrFull},
		"a feed to take over":      {change: func(d *publish.Desk) { enter(d, "hall"); d.TakeOver = true }, feed: "hall", key: "open-sesame"},
	} {
		t.Run(name, func(t *testing.T) {
			d := desk()
			if c.change != nil {
				c.change(d)
			}
			err := d.Admit(t.Context(), publish.Info{Feed: c.feed, Protocol: "rtmp", Address: from(1)}, c.key)
			require.ErrorIs(t, err, c.want)
		})
	}

	t.Run("a guesser is shut out, others are not", func(t *testing.T) {
		d := desk()
		reg := prometheus.NewRegistry()
		d.Metrics = publish.NewMetrics(reg)
		for n := range 20 {
			require.Error(t, d.Admit(t.Context(), publish.Info{Feed: "hall", Protocol: "srt", Address: from(1)}, fmt.Sprint(n)))
		}
		err := d.Admit(t.Context(), publish.Info{Feed: "hall", Protocol: "srt", Address: from(1)}, "open-sesame")
		require.ErrorIs(t, err, publish.ErrAttempts, "the right guess does not help either")
		require.NoError(t, d.Admit(t.Context(), publish.Info{Feed: "hall", Protocol: "srt", Address: from(2)}, "open-sesame"))
		now = now.Add(time.Minute)
		require.NoError(t, d.Admit(t.Context(), publish.Info{Feed: "hall", Protocol: "srt", Address: from(1)}, "open-sesame"))
		n, err := testutil.GatherAndCount(reg, "podium_publishers_refused_total")
		require.NoError(t, err)
		require.Equal(t, 2, n, "wrong keys, and too many of them")
	})
}

func enter(d *publish.Desk, feed string) *encoder {
	e := newEncoder(feed, "rtmp")
	_, _ = d.Enter(e)
	return e
}

type failing struct{ err error }

func (f failing) CheckStreamKey(context.Context, string, string) error { return f.err }

func TestPublisherAndFeedMeet(t *testing.T) {
	t.Run("the feed waits for the publisher", func(t *testing.T) {
		d := new(publish.Desk)
		ended, _ := read(t, d, "hall", taker{})
		e := newEncoder("hall", "srt")
		leave, err := d.Enter(e)
		require.NoError(t, err)
		require.Equal(t, 1, e.readers(), "it is attached before its first packet")
		require.Equal(t, []publish.Info{e.info}, d.Publishers())
		e.End(publish.ErrLeft)
		leave(publish.ErrLeft)
		err = <-ended
		require.ErrorIs(t, err, publish.ErrLeft)
		require.ErrorContains(t, err, "srt publisher 192.0.2.7:4000 of feed hall")
		require.Empty(t, d.Publishers())
	})

	t.Run("the publisher waits for the feed, again and again", func(t *testing.T) {
		d := new(publish.Desk)
		e := enter(d, "hall")
		for n := range 3 {
			ended, stop := read(t, d, "hall", taker{})
			attached(t, e, n+1)
			stop()
			require.ErrorIs(t, <-ended, context.Canceled)
			require.False(t, d.Awaited("hall"))
		}
	})

	t.Run("two inputs of one feed", func(t *testing.T) {
		d := new(publish.Desk)
		read(t, d, "hall", taker{})
		require.ErrorIs(t, (&publish.Input{Desk: d, Feed: "hall"}).Run(t.Context(), taker{}), publish.ErrFeedRead)
	})

	t.Run("an encoder of another protocol takes over", func(t *testing.T) {
		d := &publish.Desk{TakeOver: true}
		ended, _ := read(t, d, "hall", taker{})
		first := enter(d, "hall")
		second := newEncoder("hall", "whip")
		_, err := d.Enter(second)
		require.NoError(t, err)
		require.ErrorIs(t, <-ended, publish.ErrTakenOver)
		require.ErrorIs(t, first.cause, publish.ErrTakenOver)
		read(t, d, "hall", taker{})
		attached(t, second, 1)
	})

	t.Run("what the feed cannot use is ended", func(t *testing.T) {
		d := new(publish.Desk)
		full := errors.New("too many tracks")
		ended, _ := read(t, d, "hall", taker{refuse: full})
		e := enter(d, "hall")
		require.ErrorIs(t, <-ended, full)
		require.ErrorIs(t, e.cause, full)
	})

	t.Run("one that brings too much is ended, not only left", func(t *testing.T) {
		d := new(publish.Desk)
		ctx, end := context.WithCancelCause(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- (&publish.Input{Desk: d, Feed: "hall"}).Run(ctx, taker{}) }()
		e := enter(d, "hall")
		attached(t, e, 1)
		end(input.ErrTooMuch)
		require.ErrorIs(t, <-ended, input.ErrTooMuch)
		require.ErrorIs(t, e.cause, input.ErrTooMuch)
	})

	t.Run("a kick", func(t *testing.T) {
		d := new(publish.Desk)
		require.False(t, d.Kick("hall"))
		ended, _ := read(t, d, "hall", taker{})
		enter(d, "hall")
		require.True(t, d.Kick("hall"))
		require.ErrorIs(t, <-ended, publish.ErrKicked)
	})

	t.Run("the end", func(t *testing.T) {
		d := new(publish.Desk)
		ended, _ := read(t, d, "hall", taker{})
		d.Close()
		d.Close()
		require.ErrorIs(t, <-ended, publish.ErrClosed)
		require.ErrorIs(t, (&publish.Input{Desk: d, Feed: "hall"}).Run(t.Context(), taker{}), publish.ErrClosed)
		_, err := d.Enter(newEncoder("hall", "srt"))
		require.ErrorIs(t, err, publish.ErrClosed)
		require.ErrorContains(t, (&publish.Input{Feed: "hall"}).Run(t.Context(), taker{}), "nowhere to publish")
	})
}
