package play

import (
	"strconv"
	"time"
)

// wire is a live playlist as it goes out within one second, head and body, the same for all viewers.
type wire struct {
	second int64
	bytes  []byte
	size   int // of the body
}

// wire is made once a second, for the Date in it.
func (p *rendered) wire(gzip bool, f *Fast, now time.Time) *wire {
	a, place := p.answer, &p.plain
	body, coding, tag := a.body, "", a.etag
	if gzip && a.gzipped != nil {
		place = &p.gzipped
		body, coding, tag = a.gzipped, "gzip", ""
	}
	second := now.Unix()
	if w := place.Load(); w != nil && w.second == second {
		return w
	}
	if coding != "" {
		tag = gzipTag(a.etag)
	}
	w := &wire{second: second, size: len(body)}
	w.bytes = append(appendHead(make([]byte, 0, len(body)+512), a, len(body), coding, tag, f.date(now)), body...)
	place.Store(w)
	return w
}

// appendHead appends the status line and the header fields of an answer.
func appendHead(b []byte, a *answer, length int, coding, tag, date string) []byte {
	b = append(b, "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nX-Content-Type-Options: nosniff\r\nDate: "...)
	b = append(b, date...)
	b = append(b, "\r\nContent-Type: "...)
	b = append(b, a.contentType...)
	b = append(b, "\r\nCache-Control: "...)
	b = append(b, a.cache...)
	if tag != "" {
		b = append(b, "\r\nETag: "...)
		b = append(b, tag...)
	}
	if a.gzipped != nil {
		b = append(b, "\r\nVary: Accept-Encoding"...)
	}
	if coding != "" {
		b = append(b, "\r\nContent-Encoding: "...)
		b = append(b, coding...)
	} else {
		b = append(b, "\r\nAccept-Ranges: bytes"...)
	}
	if a.modified > 0 {
		b = append(b, "\r\nLast-Modified: "...)
		b = time.Unix(a.modified, 0).UTC().AppendFormat(b, dateFormat)
	}
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(length), 10)
	return append(b, headEnd...)
}

// dateFormat is the preferred form of RFC 9110 §5.6.7.
const dateFormat = "Mon, 02 Jan 2006 15:04:05 GMT"

// dateLine is the Date of one second.
type dateLine struct {
	second int64
	text   string
}

// date is the Date header field, made once a second.
func (f *Fast) date(now time.Time) string {
	if d := f.dates.Load(); d != nil && d.second == now.Unix() {
		return d.text
	}
	d := &dateLine{second: now.Unix(), text: now.UTC().Format(dateFormat)}
	f.dates.Store(d)
	return d.text
}
