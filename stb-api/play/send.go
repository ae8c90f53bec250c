package play

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// exposed are the header fields that scripts of other origins may read beside those that they always may: DASH players
// set their clocks by Date.
const exposed = "Date, ETag, Accept-Ranges, Content-Range, Age"

// send answers a request by net/http; fastConn.write says the same without it.
func (s *Service) send(c echo.Context, a *answer) error {
	r, w := c.Request(), c.Response()
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", exposed)
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", a.cache)
	if s.Vouched != nil && s.Vouched(r) {
		h.Set("Cache-Control", shared(a.cache))
	}
	body, form := a.body, identity
	if a.packed != nil {
		h.Set("Vary", "Accept-Encoding")
		if r.Header.Get("Range") == "" { // Ranges are of the body as it is.
			body, form = a.in(choose([]byte(strings.Join(r.Header.Values("Accept-Encoding"), ","))))
		}
	}
	tag := a.appendTag(nil, len(body), form)
	if len(tag) > 0 {
		h.Set("ETag", string(tag))
	}
	if asked := r.Header.Values("If-None-Match"); len(asked) > 0 {
		if matches([]byte(strings.Join(asked, ",")), tag) {
			notModified(w, a)
			return nil
		}
		// It goes before If-Modified-Since, even where it does not match (RFC 9110 §13.1.3).
		r.Header.Del("If-None-Match")
		r.Header.Del("If-Modified-Since")
	}
	if form != identity {
		return sendForm(w, r, body, form)
	}
	if !strings.HasPrefix(r.Header.Get("Range"), "bytes=") {
		r.Header.Del("Range") // A unit that we do not know is to be ignored (RFC 9110 §14.2); net/http refuses it.
	}
	http.ServeContent(w, r, "", a.lastModified(), bytes.NewReader(body))
	return nil
}

func (a *answer) lastModified() time.Time {
	if a.modified == 0 {
		return time.Time{}
	}
	return time.Unix(a.modified, 0)
}

// notModified has the fields that the answer itself would have had, but those of its body (RFC 9110 §15.4.5).
func notModified(w *echo.Response, a *answer) {
	w.Header().Del("Content-Type")
	if a.modified > 0 {
		w.Header().Set("Last-Modified", a.lastModified().UTC().Format(http.TimeFormat))
	}
	w.WriteHeader(http.StatusNotModified)
}

func sendForm(w *echo.Response, r *http.Request, body []byte, form coding) error {
	w.Header().Set("Content-Encoding", form.String())
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body)
	return err
}
