package rtsp

import "errors"

// ErrRedirect means that a server sent us somewhere we must not go.
var ErrRedirect = errors.New("redirect refused")
