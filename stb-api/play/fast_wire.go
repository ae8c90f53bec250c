package play

import (
	"strconv"
	"sync/atomic"
	"time"
)

// wire is a live playlist as it goes out within one second, head and body, the same for all viewers.
type wire struct {
	second int64
	bytes  []byte
	size   int    // of the body
	tag    []byte // of the body
}

// wires are its forms: in each coding, and for caches that may keep what is protected.
type wires [codings][2]atomic.Pointer[wire]

// wire is made once a second, for the Date in it.
func (p *rendered) wire(r *fastRequest, f *Fast, now time.Time) *wire {
	kept := 0
	if r.vouched {
		kept = 1
	}
	body, form := p.answer.in(r.coding)
	place := &p.wires[form][kept]
	second := now.Unix()
	if w := place.Load(); w != nil && w.second == second {
		return w
	}
	w := &wire{second: second, size: len(body), tag: p.answer.appendTag(nil, len(body), form)}
	w.bytes = append(appendHead(make([]byte, 0, len(body)+640), p.answer, r, len(body), form, w.tag, f.date(now)), body...)
	place.Store(w)
	return w
}

// appendHead appends the status line and the header fields of an answer.
func appendHead(b []byte, a *answer, r *fastRequest, length int, form coding, tag []byte, date string) []byte {
	b = append(b, "HTTP/1.1 200 OK\r\nContent-Type: "...)
	b = append(b, a.contentType...)
	if form != identity {
		b = append(b, "\r\nContent-Encoding: "...)
		b = append(b, form.String()...)
	} else {
		b = append(b, "\r\nAccept-Ranges: bytes"...)
	}
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(length), 10)
	return appendFields(b, a, r, tag, date)
}

// appendNotModified appends the answer to one who has it already: the same without what is said of the body (RFC 9110
// §15.4.5).
func appendNotModified(b []byte, a *answer, r *fastRequest, tag []byte, date string) []byte {
	return appendFields(append(b, "HTTP/1.1 304 Not Modified"...), a, r, tag, date)
}

// appendFields appends the header fields that both have.
func appendFields(b []byte, a *answer, r *fastRequest, tag []byte, date string) []byte {
	b = append(b, "\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: "+exposed+
		"\r\nX-Content-Type-Options: nosniff\r\nDate: "...)
	b = append(b, date...)
	b = append(b, "\r\nCache-Control: "...)
	if r.vouched {
		b = append(b, shared(a.cache)...)
	} else {
		b = append(b, a.cache...)
	}
	if len(tag) > 0 {
		b = append(b, "\r\nETag: "...)
		b = append(b, tag...)
	}
	if a.packed != nil {
		b = append(b, "\r\nVary: Accept-Encoding"...)
	}
	if a.modified > 0 {
		b = append(b, "\r\nLast-Modified: "...)
		b = time.Unix(a.modified, 0).UTC().AppendFormat(b, dateFormat)
	}
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
