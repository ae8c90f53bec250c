package events

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"podium.tv/podium/origin/feed"
	"podium.tv/podium/origin/input/guard"
)

// Hook tells one address of events, in order. One that is slow or away holds nobody up: what does not fit its queue is dropped and counted.
type Hook struct {
	// URL is where messages are posted to. It may hold a key, and is never logged; Name is.
	URL, Name string
	// Secret signs the messages. Without one they are not signed.
	Secret []byte
	// Kinds are the events that are told; none is all.
	Kinds []feed.EventKind
	// Station is the station's name, as messages have it.
	Station string
	// Policy says where the address may lead.
	Policy *guard.Policy
	// Tries is how often a message is sent before it is given up. It defaults to 10, which is about a quarter of an hour.
	Tries int
	// RetryMin and RetryMax bound the pause before the next attempt, which doubles and is jittered by half. They default to 1 s
	// and 5 min.
	RetryMin, RetryMax time.Duration
	Log                *slog.Logger
	Metrics            *Metrics
	// Now defaults to time.Now.
	Now func() time.Time

	once   sync.Once
	queue  chan feed.Event
	client *http.Client
}

const (
	// waiting is how many events wait for a hook that is away.
	waiting = 256
	// answerWithin bounds one attempt.
	answerWithin = 10 * time.Second
)

func (h *Hook) initialize() {
	h.once.Do(func() {
		h.queue = make(chan feed.Event, waiting)
		if h.Tries <= 0 {
			h.Tries = 10
		}
		if h.RetryMin <= 0 {
			h.RetryMin = time.Second
		}
		if h.RetryMax < h.RetryMin {
			h.RetryMax = max(5*time.Minute, h.RetryMin)
		}
		if h.Log == nil {
			h.Log = slog.New(slog.DiscardHandler)
		}
		h.Log = h.Log.With("hook", h.Name)
		if h.Metrics == nil {
			h.Metrics = NewMetrics(nil)
		}
		if h.Now == nil {
			h.Now = time.Now
		}
		dialer := &guard.Dialer{Policy: h.Policy, Timeout: answerWithin}
		h.client = &http.Client{
			Timeout: answerWithin,
			Transport: &http.Transport{
				DialContext: dialer.DialContext, MaxIdleConns: 1, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: answerWithin,
				MaxResponseHeaderBytes: 64 << 10,
			},
			// Somebody else's address was not configured.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	})
}

// Offer has an event told, if the hook wants it. It never blocks.
func (h *Hook) Offer(e feed.Event) {
	h.initialize()
	if len(h.Kinds) > 0 && !slices.Contains(h.Kinds, e.Kind) {
		return
	}
	select {
	case h.queue <- e:
		h.Metrics.waiting.WithLabelValues(h.Name).Inc()
	default:
		h.Metrics.count(h.Name, "dropped")
		h.Log.Warn("hook is too slow, event not told", "feed", e.Feed, "kind", e.Kind)
	}
}

// Run tells events until ctx is done.
func (h *Hook) Run(ctx context.Context) {
	h.initialize()
	defer h.client.CloseIdleConnections()
	for {
		select {
		case <-ctx.Done():
			h.Metrics.waiting.WithLabelValues(h.Name).Sub(float64(len(h.queue)))
			return
		case e := <-h.queue:
			h.tell(ctx, &e)
			h.Metrics.waiting.WithLabelValues(h.Name).Dec()
		}
	}
}

// tell sends one event until it is taken, or given up.
func (h *Hook) tell(ctx context.Context, e *feed.Event) {
	log := h.Log.With("feed", e.Feed, "kind", e.Kind)
	body, err := encode(rand.Text(), h.Station, e)
	if err != nil {
		log.Error("event cannot be told", "err", err)
		return
	}
	for try, pause := 1, h.RetryMin; ; try, pause = try+1, min(2*pause, h.RetryMax) {
		final, err := h.post(ctx, body)
		if err == nil {
			h.Metrics.count(h.Name, "delivered")
			log.Info("event told", "tries", try)
			return
		}
		if ctx.Err() != nil {
			return
		}
		if final || try >= h.Tries {
			h.Metrics.count(h.Name, "failed")
			log.Warn("event not told", "tries", try, "err", err)
			return
		}
		wait := pause/2 + mathrand.N(pause) //nolint:gosec // jitter needs no secrecy
		log.Debug("event not told yet", "tries", try, "err", err, "retry_in", wait.Round(time.Millisecond))
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// post makes one attempt. Final says that another would end no better.
func (h *Hook) post(ctx context.Context, body []byte) (final bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return true, plain(err)
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "Podium")
	if len(h.Secret) > 0 {
		r.Header.Set(SignatureHeader, Sign(h.Secret, body, h.Now()))
	}
	answer, err := h.client.Do(r)
	if err != nil {
		return errors.Is(err, guard.ErrRefused), plain(err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // So that the connection can be used again.
	_ = answer.Body.Close()
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return false, nil
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		return false, fmt.Errorf("status %d, 2xx is expected", code)
	default:
		return true, fmt.Errorf("status %d, 2xx is expected: it will not be tried again", code)
	}
}

// plain is an HTTP client's error without the address, which may hold a key.
func plain(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
