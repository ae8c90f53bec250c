package play

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/render"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/stb-api/problem"
	"podium.tv/podium/storage/object"
)

// Service answers for all channels and assets.
type Service struct {
	Store object.Store
	Hot   *object.Cache
	// Hours is what the timelines share: it tells where segments lie that were gathered into chunks.
	Hours *timeline.HourCache
	// Tokens checks playback tokens of protected channels.
	Tokens Tokens
	// Secrets are what the keys of encrypted assets are made of.
	Secrets [][]byte
	// Zone is the station's, for wall-clock times in queries.
	Zone *time.Location
	// ClientAddress says whose request it is, for counting viewers. It defaults to the connection's address.
	ClientAddress func(*http.Request) string
	// Vouched says that a request comes from a cache that asks for each of its viewers whether the token is good, so that
	// it may keep what is protected. It defaults to none.
	Vouched func(*http.Request) bool
	Log     *slog.Logger
	// MaxWaiters bounds the requests that wait for the next part or segment. It defaults to 20000.
	MaxWaiters int
	// WakePatience is how long the first who asks for a sleeping channel waits for it. It defaults to 10 s.
	WakePatience time.Duration
	// Now defaults to time.Now.
	Now func() time.Time

	channels atomic.Pointer[map[string]*Channel]
	once     sync.Once
	slots    *semaphore.Weighted
	waits    waiting
	long     longLists
	assets   assets
}

// heavy holds a place for each long playlist that may be made at the same time.
func (s *Service) heavy() *semaphore.Weighted {
	s.once.Do(func() { s.slots = semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0))) })
	return s.slots
}

// Tokens says whether a token plays a channel or an asset now; *access.Signer is one.
type Tokens interface {
	Verify(token, scope string) error
	// Until is Verify and tells when the token ends.
	Until(token, scope string) (time.Time, error)
	// Bound says whether a token is bound to a device.
	Bound(token string) bool
	// Enter changes a token that is bound to the device into one of its session with the scope.
	Enter(token, scope, device string) (string, error)
}

// SetChannels puts another set of channels in place at once. Viewers of channels that stay notice nothing.
func (s *Service) SetChannels(channels []*Channel) {
	m := make(map[string]*Channel, len(channels))
	for _, c := range channels {
		m[c.ID] = c
	}
	s.channels.Store(&m)
}

// Channel returns the channel with that id, or nil.
func (s *Service) Channel(id string) *Channel {
	m := s.channels.Load()
	if m == nil {
		return nil
	}
	return (*m)[id]
}

// Channels calls yield for each channel.
func (s *Service) Channels(yield func(*Channel) bool) {
	m := s.channels.Load()
	if m == nil {
		return
	}
	for _, c := range *m {
		if !yield(c) {
			return
		}
	}
}

func (s *Service) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// The problems a viewer can meet.
var (
	errNoChannel = problem.New(http.StatusNotFound, "error.play.channel")
	errNoFile    = problem.New(http.StatusNotFound, "error.play.file")
	errNoMedia   = problem.New(http.StatusNotFound, "error.play.media")
	errSilence   = problem.New(http.StatusNotFound, "error.play.silence")
	errToken     = problem.New(http.StatusForbidden, "error.play.token")
	errDevice    = problem.New(http.StatusForbidden, "error.play.device")
	errStarting  = problem.New(http.StatusServiceUnavailable, "error.play.starting").WithRetryAfter(2 * time.Second)
	errWaited    = problem.New(http.StatusServiceUnavailable, "error.play.waited").WithRetryAfter(2 * time.Second)
	errAsleep    = problem.New(http.StatusServiceUnavailable, "error.play.asleep").WithRetryAfter(2 * time.Second)
	errCrowd     = problem.New(http.StatusServiceUnavailable, "error.play.crowd").WithRetryAfter(2 * time.Second)
	errStore     = problem.New(http.StatusServiceUnavailable, "error.play.store").WithRetryAfter(5 * time.Second)
)

// authorize checks the token of what is protected.
func (s *Service) authorize(c subject, token string) error {
	if !c.guarded() {
		return nil
	}
	if s.Tokens == nil || token == "" {
		return errToken
	}
	if err := s.Tokens.Verify(token, c.scope()); err != nil {
		return errToken.WithCause(err)
	}
	return nil
}

// answer makes or finds what a name asks for. base stands before the URIs of a playlist.
func (s *Service) answer(ctx context.Context, c subject, n name, base string) (*answer, error) {
	if !c.ready() {
		return nil, errStarting
	}
	if n.view.mode == absolute {
		return s.relative(n, base), nil
	}
	switch n.kind {
	case masterPlaylist:
		return s.master(ctx, c, n.view, base)
	case monoPlaylist:
		return s.mediaPlaylist(ctx, c, n, base)
	case trackPlaylist, iframePlaylist:
		if ch, ok := c.(*Channel); ok && n.kind == trackPlaylist && ch.isLow(n.view, n.stream) {
			return s.low(ctx, ch, n.stream, "../"+base, n.reload)
		}
		return s.mediaPlaylist(ctx, c, n, "../"+base)
	case tsSegment, trackSegment, iframeSegment, textSegment:
		return s.segment(ctx, c, n)
	case partSegment:
		return s.part(ctx, c, n)
	case trackInit:
		return s.init(ctx, c, n)
	case keyFile:
		return s.key(c, n)
	case manifest:
		return s.manifest(ctx, c, n.view, base)
	case sideFile, textPlaylist:
	}
	return nil, errNoFile
}

// tracks reads an init by version.
func (s *Service) tracks(ctx context.Context, version string) (*media.Init, error) {
	body, err := s.Hot.Load(ctx, timeline.InitName(version), func(ctx context.Context) ([]byte, error) {
		return s.Store.Get(ctx, timeline.InitName(version), 0, 1<<20)
	})
	if err != nil {
		return nil, err
	}
	init := new(media.Init)
	if err := json.Unmarshal(body, init); err != nil {
		return nil, fmt.Errorf("read %s: %w", timeline.InitName(version), err)
	}
	return init, nil
}

func (s *Service) init(ctx context.Context, c subject, n name) (*answer, error) {
	init, err := s.tracks(ctx, n.version)
	if err != nil {
		return nil, s.explain(err)
	}
	if n.track > len(init.Tracks) {
		return nil, errNoMedia
	}
	body, err := s.Hot.Load(ctx, fmt.Sprintf("i/%s-%d", n.version, n.track), func(context.Context) ([]byte, error) {
		return render.Init(&init.Tracks[n.track-1])
	})
	if err != nil {
		return nil, s.explain(err)
	}
	return &answer{body: body, contentType: typeMP4, cache: c.caching(cacheMedia), etag: `"` + n.version + `"`}, nil
}

// explain turns an error into what the viewer is told.
func (s *Service) explain(err error) error {
	var told *problem.Error
	switch {
	case errors.As(err, &told):
		return err
	case errors.Is(err, timeline.ErrUnknown), errors.Is(err, object.ErrNotFound):
		return errNoMedia.WithCause(err)
	case errors.Is(err, object.ErrAway), errors.Is(err, context.DeadlineExceeded):
		return errStore.WithCause(err)
	}
	return err
}
