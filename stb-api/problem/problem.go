// Package problem is how every refusal and failure is answered: an RFC 9457 problem document in the
// viewer's language.
package problem

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"podium.tv/podium/stb-api/message"
)

// Error is a problem that a handler returns; Handler renders it. Its With methods return a changed copy.
type Error struct {
	// Status is the HTTP status, 400 to 599.
	Status int
	// Key names the message that tells what is wrong, and the type of the problem.
	Key string
	// Args fill the placeholders of the message.
	Args []any
	// Field names the part of the request that is wrong, such as "programmes[3].title"; it may be empty.
	Field string

	expected     string
	expectedArgs []any
	header       [][2]string
	cause        error
}

// New returns a problem with a status, the key of the message that describes it and the message's arguments.
func New(status int, key string, args ...any) *Error {
	return &Error{Status: status, Key: key, Args: args}
}

// WithField names the part of the request that is wrong.
func (e *Error) WithField(field string) *Error {
	changed := *e
	changed.Field = field
	return &changed
}

// WithExpected gives the key of a message that says what would have been right.
func (e *Error) WithExpected(key string, args ...any) *Error {
	changed := *e
	changed.expected, changed.expectedArgs = key, args
	return &changed
}

// WithCause keeps the error behind the problem. It is logged and never shown.
func (e *Error) WithCause(cause error) *Error {
	changed := *e
	changed.cause = cause
	return &changed
}

// WithHeader sets a header of the answer.
func (e *Error) WithHeader(name, value string) *Error {
	changed := *e
	changed.header = append(append(make([][2]string, 0, len(e.header)+1), e.header...), [2]string{name, value})
	return &changed
}

// WithRetryAfter says when to try again, rounded up to whole seconds.
func (e *Error) WithRetryAfter(wait time.Duration) *Error {
	return e.WithHeader("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
}

// Error tells the problem in English, for logs.
func (e *Error) Error() string {
	text := fmt.Sprintf("%d %s", e.Status, message.Text(message.English, e.Key, e.Args...))
	if e.Field != "" {
		text += " (" + e.Field + ")"
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap returns the error behind the problem.
func (e *Error) Unwrap() error { return e.cause }

// document is the body of RFC 9457 §3.1 with two extension members (§3.2).
type document struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance,omitempty"`
	Field    string `json:"field,omitempty"`
	Expected string `json:"expected,omitempty"`
}

// document renders the problem. The types and instances are tag URIs (RFC 4151): names, not addresses.
// The instance is the request's number and not its path, which may hold a viewer's token.
func (e *Error) document(language message.Language, requestID string) document {
	made := document{
		Type:   "tag:podium.tv,2026:problem/" + e.Key,
		Title:  title(language, e.Status),
		Status: e.Status,
		Detail: message.Text(language, e.Key, e.Args...),
		Field:  e.Field,
	}
	if requestID != "" {
		made.Instance = "tag:podium.tv,2026:request/" + requestID
	}
	if e.expected != "" {
		made.Expected = message.Text(language, e.expected, e.expectedArgs...)
	}
	return made
}

func title(language message.Language, status int) string {
	key := "error.status." + strconv.Itoa(status)
	if message.Has(key) {
		return message.Text(language, key)
	}
	return http.StatusText(status)
}
