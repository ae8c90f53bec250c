package hls

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"podium.tv/podium/origin/input/pace"
)

// startAt is how many target durations from the live edge to begin (§6.3.3), and behindAt is how many more to fall behind
// before jumping there again.
const (
	startAt  = 3
	behindAt = 3
)

// errEnded means that a live stream is over.
var errEnded = errors.New("the stream has ended (EXT-X-ENDLIST): the portal has switched it off")

// follower follows one media playlist.
type follower struct {
	client *client
	url    *url.URL // that is asked for
	base   *url.URL // that it came from
	warn   func(error)
	most   int64 // bytes of a segment

	list    *playlist
	loaded  time.Time
	changed time.Time // when the list last had something new
	failure error     // why the list could not be read the last time
	live    bool      // it was without an end once
	next    uint64
	broken  bool // what comes next does not continue what was
	keys    keyring
	init    struct {
		of   initial
		body []byte
	}
}

// take makes a list the one that is followed.
func (f *follower) take(list *playlist, from *url.URL) {
	f.list, f.base = list, from
	f.live = f.live || !list.ended
	f.loaded = time.Now()
	f.changed = f.loaded
}

// load reads the list for the first time.
func (f *follower) load(ctx context.Context) error {
	list, from, err := f.fetch(ctx)
	if err != nil {
		return err
	}
	f.take(list, from)
	return nil
}

// begin sets out some target durations from the edge, a film at its beginning.
func (f *follower) begin(targets int) {
	f.next = f.list.sequence
	if f.live {
		f.next = f.list.before(time.Duration(targets) * f.list.target)
	}
}

func (f *follower) fetch(ctx context.Context) (*playlist, *url.URL, error) {
	got, err := f.client.get(ctx, ask{url: f.url, most: maxPlaylist, total: 3 * f.client.idle})
	if err != nil {
		return nil, nil, fmt.Errorf("fetch the playlist: %w", err)
	}
	doc, err := parse(got.body)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", where(f.url), err)
	}
	if doc.media == nil {
		return nil, nil, fmt.Errorf("%s: a multivariant playlist, where one of segments is expected", where(f.url))
	}
	return doc.media, got.from, nil
}

// segment waits for the next segment of the list. It is io.EOF behind the last of a film.
func (f *follower) segment(ctx context.Context) (*segment, error) {
	for {
		f.catchUp()
		if f.next < f.list.end() {
			return f.list.at(f.next), nil
		}
		if f.list.ended {
			if f.live {
				return nil, errEnded
			}
			return nil, io.EOF
		}
		if err := f.wait(ctx); err != nil {
			return nil, err
		}
	}
}

// has says whether a segment is listed, without a wait.
func (f *follower) has() bool { return f.next >= f.list.sequence && f.next < f.list.end() }

// catchUp jumps to where playing should be if it fell too far behind.
func (f *follower) catchUp() {
	if !f.live {
		return
	}
	edge := f.list.before(startAt * f.list.target)
	switch {
	case f.next < f.list.sequence:
		f.warn(fmt.Errorf("the portal has taken %d segments away that were not fetched in time: jumping to the live edge",
			f.list.sequence-f.next))
	case f.list.left(f.next) > (startAt+behindAt)*f.list.target && edge > f.next:
		f.warn(fmt.Errorf("%s behind the live edge: jumping to it", f.list.left(f.next).Round(time.Second)))
	default:
		return
	}
	f.next, f.broken = edge, true
}

// stall is how long a live list may go without anything new. §6.2.1 has a new one come within 1.5 target durations.
func (f *follower) stall() time.Duration { return max(4*f.list.target, 2*f.client.idle) }

// wait reads the list again, when it is time to (§6.3.4).
func (f *follower) wait(ctx context.Context) error {
	pause := f.list.target
	if f.loaded.After(f.changed) || f.failure != nil {
		pause /= 2
	}
	if err := pace.Sleep(ctx, time.Until(f.loaded.Add(pause))); err != nil {
		return err
	}
	list, from, err := f.fetch(ctx)
	f.loaded = time.Now()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		f.renew(list, from)
	}
	f.failure = err
	if since := f.loaded.Sub(f.changed); since > f.stall() {
		if err != nil {
			return fmt.Errorf("the playlist cannot be read for %s: %w", since.Round(time.Second), err)
		}
		return fmt.Errorf("the playlist %s has nothing new for %s: the portal's encoder has stopped, or its network",
			where(f.url), since.Round(time.Second))
	}
	return nil
}

// renew takes a newer list.
func (f *follower) renew(list *playlist, from *url.URL) {
	switch {
	case len(list.segments) == 0 && !list.ended:
		return
	case list.end() > f.list.end():
	case list.end() == f.list.end() && list.ended == f.list.ended:
		return
	case list.end() < f.list.end() && list.sequence+stale >= f.list.sequence && !list.ended:
		return // Another server of the portal's, which is a little behind.
	case list.end() < f.list.end():
		f.warn(fmt.Errorf("the playlist begins anew at segment %d, %d was expected: the portal's server was started again",
			list.sequence, f.next))
		f.take(list, from)
		f.begin(startAt)
		f.broken = true
		return
	}
	f.take(list, from)
}

// stale is how many segments a list may be behind one that was read before without being another one.
const stale = 5

// body fetches the next segment's bytes, and what stands before it (EXT-X-MAP), and goes on to the one behind it.
func (f *follower) body(ctx context.Context, s *segment) (body, init []byte, err error) {
	f.next = s.sequence + 1
	if init, err = f.initial(ctx, s); err != nil {
		return nil, nil, err
	}
	body, err = f.resource(ctx, s.uri, s.part, s.key, s.sequence)
	return body, init, err
}

// maxInit is the size of what may stand before segments.
const maxInit = 1 << 20

func (f *follower) initial(ctx context.Context, s *segment) ([]byte, error) {
	if s.init == nil {
		return nil, nil
	}
	if f.init.body != nil && f.init.of.uri == s.init.uri && f.init.of.part == s.init.part {
		return f.init.body, nil
	}
	body, err := f.resourceOf(ctx, s.init.uri, s.init.part, s.init.key, s.sequence, maxInit)
	if err != nil {
		return nil, fmt.Errorf("fetch what EXT-X-MAP names: %w", err)
	}
	f.init.of, f.init.body = *s.init, body
	return body, nil
}

func (f *follower) resource(ctx context.Context, uri string, part byteRange, k *key, sequence uint64) ([]byte, error) {
	return f.resourceOf(ctx, uri, part, k, sequence, f.most)
}

func (f *follower) resourceOf(ctx context.Context, uri string, part byteRange, k *key, sequence uint64, most int64) ([]byte, error) {
	at, err := f.base.Parse(uri)
	if err != nil {
		return nil, fmt.Errorf("address of segment %d: %w", sequence, errAddress)
	}
	total := max(30*time.Second, 4*f.list.target)
	got, err := f.client.get(ctx, ask{url: at, part: part, most: most, total: total})
	if err != nil && !missing(err) && ctx.Err() == nil && !errors.Is(err, errSlow) {
		got, err = f.client.get(ctx, ask{url: at, part: part, most: most, total: total})
	}
	if err != nil {
		return nil, err
	}
	f.keys.client = f.client
	return f.keys.decrypt(ctx, k, f.base, sequence, got.body)
}
