package rtsp

import (
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
)

// streamKey finds the key in a request: ?key=, else the password of Basic credentials.
func streamKey(req *base.Request, query string) (string, bool) {
	if values, err := url.ParseQuery(query); err == nil && values.Get("key") != "" {
		return values.Get("key"), true
	}
	header := req.Header["Authorization"]
	if len(header) != 1 {
		return "", false
	}
	// gortsplib's own reading refuses a password with a colon in it, which RFC 7617 §2 allows.
	coded, ok := strings.CutPrefix(header[0], "Basic ")
	if !ok {
		return "", false
	}
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(coded))
	if err != nil {
		return "", false
	}
	_, password, ok := strings.Cut(string(plain), ":")
	return password, ok
}
