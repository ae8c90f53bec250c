package problem

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"github.com/labstack/echo/v4"

	"podium.tv/podium/stb-api/message"
)

// ContentType is the media type of a problem document (RFC 9457 §6.1).
const ContentType = "application/problem+json"

// StatusCancelled is what a request is counted as whose client went away before the answer. It is never
// sent; the number is the one that nginx logs.
const StatusCancelled = 499

// Handler returns the error handler of the server: it answers with a problem document whatever a handler
// returned. Errors that are no Error and no echo.HTTPError are answered with a general 500 and logged
// with the request's number; what they say is never shown. A nil log discards.
func Handler(log *slog.Logger) echo.HTTPErrorHandler {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return func(err error, c echo.Context) {
		if err == nil {
			return
		}
		request, response := c.Request(), c.Response()
		requestID := response.Header().Get(echo.HeaderXRequestID)
		found := From(err, request, requestID)
		if response.Committed {
			if connectionLost(err) {
				found = New(StatusCancelled, "error.stopping").WithCause(err)
			}
			// What was sent stays sent; what became of it is for the log and the metrics.
			response.Status = found.Status
		}
		if found.Status == StatusCancelled {
			response.Status = StatusCancelled
			return
		}
		if found.Status >= http.StatusInternalServerError {
			// The template and not the path: a path may hold a viewer's token.
			log.LogAttrs(request.Context(), level(found), "request failed", slog.Int("status", found.Status),
				slog.String("method", request.Method), slog.String("route", c.Path()),
				slog.String("request", requestID), slog.Any("error", err))
		}
		if response.Committed {
			return
		}
		if err := write(response, request, found, requestID); err != nil {
			log.Debug("problem not delivered", "request", requestID, "error", err)
		}
	}
}

// connectionLost says that an answer could not be written to its end because nobody reads it any more.
func connectionLost(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, os.ErrDeadlineExceeded)
}

// level tells a fault of ours from being busy, stopping or waiting for somebody else. Being unavailable is told by whoever
// is: a channel that is off the air is asked for by every box of a town every few seconds.
func level(e *Error) slog.Level {
	switch e.Status {
	case http.StatusInternalServerError:
		return slog.LevelError
	case http.StatusServiceUnavailable:
		return slog.LevelDebug
	}
	return slog.LevelWarn
}

// From turns any error of a request's handler into the problem that it is answered with. The request's
// context tells a client that went away from a deadline of the server's own.
func From(err error, request *http.Request, requestID string) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	if errors.Is(request.Context().Err(), context.Canceled) {
		return New(StatusCancelled, "error.stopping").WithCause(err)
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return New(http.StatusRequestEntityTooLarge, "error.too-large", tooLarge.Limit).WithCause(err)
	}
	var plain *echo.HTTPError
	if errors.As(err, &plain) {
		return fromEcho(plain, request, requestID)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return New(http.StatusGatewayTimeout, "error.timeout").WithCause(err)
	}
	if errors.Is(err, context.Canceled) {
		return New(http.StatusServiceUnavailable, "error.stopping").WithCause(err)
	}
	return New(http.StatusInternalServerError, "error.internal", requestID).WithCause(err)
}

// fromEcho keeps the status of echo's own errors, whose English texts are not for viewers.
func fromEcho(err *echo.HTTPError, request *http.Request, requestID string) *Error {
	key := "error.request"
	switch err.Code {
	case http.StatusNotFound:
		key = "error.not-found"
	case http.StatusMethodNotAllowed:
		return New(err.Code, "error.method", request.Method).WithCause(err)
	case http.StatusTooManyRequests:
		key = "error.too-many"
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		key = "error.timeout"
	case http.StatusServiceUnavailable, http.StatusBadGateway:
		key = "error.stopping"
	case http.StatusUnsupportedMediaType:
		return New(err.Code, "error.unsupported", echo.MIMEApplicationJSON).WithCause(err)
	}
	if key == "error.request" && (err.Code < 400 || err.Code >= 500) {
		return New(http.StatusInternalServerError, "error.internal", requestID).WithCause(err)
	}
	return New(err.Code, key).WithCause(err)
}

func write(response *echo.Response, request *http.Request, found *Error, requestID string) error {
	language := message.Negotiate(strings.Join(request.Header.Values("Accept-Language"), ","))
	header := response.Header()
	// What a handler said about the answer it did not give is not true of this one.
	for _, name := range []string{
		"Content-Length", "Content-Encoding", "Content-Disposition", "Etag", "Last-Modified", "Expires", "Accept-Ranges", "Content-Range",
	} {
		header.Del(name)
	}
	header.Set(echo.HeaderContentType, ContentType)
	header.Set(echo.HeaderXContentTypeOptions, "nosniff")
	header.Set("Content-Language", language.Tag())
	header.Set(echo.HeaderCacheControl, "no-store")
	header.Add(echo.HeaderVary, "Accept-Language")
	for _, pair := range found.header {
		header.Set(pair[0], pair[1])
	}
	if request.Method == http.MethodHead {
		response.WriteHeader(found.Status)
		return nil
	}
	body, err := json.Marshal(found.document(language, requestID))
	if err != nil {
		return err
	}
	response.WriteHeader(found.Status)
	_, err = response.Write(append(body, '\n'))
	return err
}
