package whip

import (
	"errors"
	"net/http"
	"time"

	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/origin/input/whip"
	"podium.tv/podium/stb-api/problem"
)

// unauthorized asks for another key (RFC 6750 §3).
func unauthorized(key string) error {
	challenge := `Bearer realm="podium"`
	if key == "error.whip.key" {
		challenge += `, error="invalid_token"`
	}
	return problem.New(http.StatusUnauthorized, key).WithHeader("WWW-Authenticate", challenge)
}

// refusal words why a publisher is not let in.
func refusal(err error) error {
	switch {
	case errors.Is(err, publish.ErrUnknownFeed):
		return problem.New(http.StatusNotFound, "error.feed").WithCause(err)
	case errors.Is(err, publish.ErrWrongKey):
		return unauthorized("error.whip.key")
	case errors.Is(err, publish.ErrAttempts):
		return problem.New(http.StatusTooManyRequests, "error.whip.attempts").WithCause(err).WithRetryAfter(time.Minute)
	case errors.Is(err, publish.ErrTaken):
		return problem.New(http.StatusConflict, "error.whip.taken").WithCause(err)
	case errors.Is(err, publish.ErrFull):
		return problem.New(http.StatusServiceUnavailable, "error.whip.full").WithCause(err).WithRetryAfter(10 * time.Second)
	case errors.Is(err, publish.ErrClosed):
		return problem.New(http.StatusServiceUnavailable, "error.stopping").WithCause(err).WithRetryAfter(10 * time.Second)
	case errors.Is(err, whip.ErrNoVideoCodec):
		return problem.New(http.StatusNotAcceptable, "error.whip.video").WithCause(err)
	case errors.Is(err, whip.ErrNoAudioCodec):
		return problem.New(http.StatusNotAcceptable, "error.whip.audio").WithCause(err)
	case errors.Is(err, whip.ErrOffer):
		return problem.New(http.StatusBadRequest, "error.whip.offer").WithCause(err)
	case errors.Is(err, whip.ErrSession):
		return problem.New(http.StatusNotFound, "error.whip.session").WithCause(err)
	case errors.Is(err, whip.ErrFragment):
		return problem.New(http.StatusBadRequest, "error.whip.fragment").WithCause(err)
	case errors.Is(err, whip.ErrRestart):
		return problem.New(http.StatusUnprocessableEntity, "error.whip.restart").WithCause(err)
	}
	return err
}
