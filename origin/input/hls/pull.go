package hls

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/guard"
	"podium.tv/podium/origin/input/pace"
	"podium.tv/podium/origin/input/trust"
)

// Pull reads a stream from another portal. Run may be called again after it returned, not while it runs. It must not be copied.
type Pull struct {
	// URL is the address of a multivariant or a media playlist, http or https, with credentials in it if there are any:
	// they are sent to its host alone.
	URL string

	// Headers are sent with each request to the URL's host, and to no other.
	Headers http.Header

	// MaxBitrate and MaxHeight bound the variant that is chosen, in bits per second and lines. At 0 it is the best one.
	MaxBitrate int64
	MaxHeight  int

	// Fingerprint is the SHA-256 of an https server's certificate, 64 hexadecimal digits; it takes the place of a signature by
	// a known authority.
	Fingerprint string

	// Once ends a film at its end. Otherwise it is played again from its beginning.
	Once bool

	// MaxSegment is the most bytes a segment may have. It defaults to 64 MiB.
	MaxSegment int64

	// ReadTimeout bounds how long a server may send nothing. It defaults to 10 seconds.
	ReadTimeout time.Duration

	// ParametersWait is how much media is looked through for what a track is. It defaults to 10 seconds.
	ParametersWait time.Duration

	// Guard says which addresses may be connected to. It defaults to guard.Default().
	Guard *guard.Policy

	// Lookup resolves hosts' names. It defaults to the system's resolver.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)

	meter meter
	live  bool // the list was seen without an end
}

var (
	_ input.Input = (*Pull)(nil)
	_ input.Meter = (*Pull)(nil)
)

// errOver means that the list is what is left of a live stream.
var errOver = errors.New("the stream is over: its playlist has ended (EXT-X-ENDLIST), and holds the rest of what was live")

// errFinished is the end of a film that is played once.
var errFinished = errors.New("the film has been played to its end")

// String names the input without credentials and without the query, where tokens are.
func (p *Pull) String() string {
	u, err := url.Parse(p.URL)
	if err != nil {
		return "hls pull"
	}
	return where(u)
}

// Validate says what is wrong with the parameters, without connecting.
func (p *Pull) Validate() error {
	if _, err := p.address(); err != nil {
		return err
	}
	_, err := trust.Client("https", nil, p.Fingerprint)
	return err
}

func (p *Pull) address() (*url.URL, error) {
	u, err := url.Parse(p.URL)
	if err != nil {
		return nil, fmt.Errorf("address of an HLS stream: %w", errAddress)
	}
	return u, checkScheme(u)
}

// Network implements input.Meter: packets are segments.
func (p *Pull) Network() (input.Network, bool) { return p.meter.network() }

// Run implements input.Input. Its error never holds credentials.
func (p *Pull) Run(ctx context.Context, r input.Receiver) error {
	err := p.run(ctx, r)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if name := p.String(); !strings.Contains(err.Error(), name) {
		return fmt.Errorf("hls stream %s: %w", name, err)
	}
	return fmt.Errorf("hls stream: %w", err)
}

func (p *Pull) run(ctx context.Context, r input.Receiver) error {
	u, err := p.address()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c, err := p.connect(u)
	if err != nil {
		return err
	}
	defer c.close()
	p.meter.begin(u.Host)
	defer p.meter.end()
	j, err := p.open(ctx, c, u, r)
	if err != nil {
		return err
	}
	j.start()
	return p.play(ctx, j, r)
}

func (p *Pull) connect(u *url.URL) (*client, error) {
	conf, err := trust.Client("https", nil, p.Fingerprint)
	if err != nil {
		return nil, err
	}
	dialer := &guard.Dialer{Policy: p.Guard, Lookup: p.Lookup, Timeout: p.readTimeout()}
	c := &client{home: u, headers: p.Headers, idle: p.readTimeout(), meter: &p.meter}
	c.initialize(dialer, conf)
	return c, nil
}

// open reads the playlists, and finds out what is to be played.
func (p *Pull) open(ctx context.Context, c *client, u *url.URL, r input.Receiver) (*joint, error) {
	got, err := c.get(ctx, ask{url: u, most: maxPlaylist, total: 3 * c.idle})
	if err != nil {
		return nil, err
	}
	doc, err := parse(got.body)
	if err != nil {
		return nil, err
	}
	j := &joint{main: p.newPart(c, u)}
	if doc.media != nil {
		j.main.take(doc.media, got.from)
		return j, p.admit(j.main)
	}
	variants, err := p.choose(doc.variants)
	if err != nil {
		return nil, err
	}
	variants = variants[:min(len(variants), 4)]
	failures := make([]error, 0, len(variants))
	for _, v := range variants {
		j, err := p.openVariant(ctx, c, got.from, &v, doc.renditions)
		if err == nil {
			if len(failures) > 0 {
				r.Warn(fmt.Errorf("a variant of %d bit/s is taken, because the better ones cannot be had: %w",
					v.bandwidth, errors.Join(failures...)))
			}
			return j, nil
		}
		failures = append(failures, err)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return nil, errors.Join(failures...)
}

func (p *Pull) openVariant(ctx context.Context, c *client, base *url.URL, v *variant, renditions []rendition) (*joint, error) {
	at, err := base.Parse(v.uri)
	if err != nil {
		return nil, fmt.Errorf("address of a variant: %w", errAddress)
	}
	j := &joint{main: p.newPart(c, at)}
	if err := j.main.load(ctx); err != nil {
		return nil, err
	}
	if err := p.admit(j.main); err != nil {
		return nil, err
	}
	s := sound(renditions, v.audio)
	if s == nil || s.uri == v.uri {
		return j, nil
	}
	if at, err = base.Parse(s.uri); err != nil {
		return nil, fmt.Errorf("address of the sound: %w", errAddress)
	}
	j.sound = p.newPart(c, at)
	if err := j.sound.load(ctx); err != nil {
		return nil, err
	}
	return j, nil
}

// admit tells a film from the rest of a stream that is over: a film's list has an end and its beginning.
func (p *Pull) admit(main *part) error {
	list := main.list
	if !list.ended {
		p.live = true
		return nil
	}
	if len(list.segments) == 0 {
		return errors.New("the playlist has no segments")
	}
	if !list.film && (p.live || list.sequence > 1) {
		return errOver
	}
	return nil
}

func (p *Pull) newPart(c *client, u *url.URL) *part {
	s := &part{pull: p, follower: follower{client: c, url: u, most: p.MaxSegment}}
	if s.most <= 0 {
		s.most = 64 << 20
	}
	s.warn = s.in.Warn
	return s
}

// ahead is how many segments are fetched before they are needed.
const ahead = 3

// play hands chunks out while others are fetched.
func (p *Pull) play(ctx context.Context, j *joint, r input.Receiver) error {
	ctx, cancel := context.WithCancel(ctx)
	target, young := j.main.list.target, time.Duration(0)
	if j.main.live {
		young = startAt*target - j.main.list.left(j.main.next)
	}
	chunks := make(chan chunk, ahead)
	ended := make(chan error, 1)
	go func() {
		defer close(chunks)
		ended <- fetch(ctx, j, chunks)
	}()
	out := player{receiver: r, live: j.main.live, target: target}
	// A stream that has only just begun has no segments to lie ready for when the next is late.
	err := pace.Sleep(ctx, young)
	if err == nil {
		err = out.run(ctx, chunks)
	}
	cancel()
	cause := <-ended
	if err != nil {
		return err
	}
	if errors.Is(cause, io.EOF) {
		return errFinished
	}
	return cause
}

// fetch makes chunks until there are no more, and says why.
func fetch(ctx context.Context, j *joint, to chan<- chunk) error {
	for {
		c, err := j.next(ctx)
		if len(c.events) > 0 || err == nil {
			select {
			case to <- c:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err != nil {
			return err
		}
	}
}

func (p *Pull) readTimeout() time.Duration { return orDefault(p.ReadTimeout, 10*time.Second) }

func (p *Pull) parametersWait() time.Duration { return orDefault(p.ParametersWait, 10*time.Second) }

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
