package play

import "bytes"

// fastRequest is a request's head as far as the fast path understands it; its slices alias the read buffer.
type fastRequest struct {
	channel, token, path []byte
	agent                []byte
	gzip                 bool
}

var (
	fastPrefix = []byte("GET /live/")
	fastProto  = []byte(" HTTP/1.1\r\n")
	headEnd    = []byte("\r\n\r\n")
)

// parseFast reads a request's head, which ends with an empty line. ok is false for whatever is not a plain GET of
// something under /live/: such a request is somebody else's.
func parseFast(head []byte) (r fastRequest, ok bool) {
	rest, found := bytes.CutPrefix(head, fastPrefix)
	if !found {
		return r, false
	}
	end := bytes.IndexByte(rest, '\r')
	if end < len(" HTTP/1.1") || !bytes.HasPrefix(rest[end-len(" HTTP/1.1"):], fastProto) {
		return r, false
	}
	target := rest[:end-len(" HTTP/1.1")]
	for _, c := range target {
		if c <= ' ' || c >= 0x7f || c == '%' || c == '?' || c == '#' || c == '\\' {
			return r, false
		}
	}
	slash := bytes.IndexByte(target, '/')
	if slash <= 0 {
		return r, false
	}
	r.channel, r.path = target[:slash], target[slash+1:]
	if len(r.path) > 0 && r.path[0] == '~' {
		slash = bytes.IndexByte(r.path, '/')
		if slash < 0 {
			return r, false
		}
		r.token, r.path = r.path[1:slash], r.path[slash+1:]
	}
	return r, r.fields(rest[end+2:])
}

// fields reads the header fields and says whether all of them leave the answer as it is.
func (r *fastRequest) fields(b []byte) bool {
	hosts := 0
	for len(b) > 2 {
		end := bytes.IndexByte(b, '\n')
		if end < 2 || b[end-1] != '\r' {
			return false
		}
		line := b[:end-1]
		b = b[end+1:]
		colon := bytes.IndexByte(line, ':')
		if colon <= 0 || line[0] == ' ' || line[0] == '\t' {
			return false
		}
		value := bytes.TrimSpace(line[colon+1:])
		switch fieldOf(line[:colon]) {
		case fieldHost:
			hosts++
		case fieldAgent:
			r.agent = value
		case fieldEncoding:
			r.gzip = acceptsGzipPlainly(value)
		case fieldConnection:
			if !bytes.EqualFold(value, []byte("keep-alive")) {
				return false
			}
		case fieldOther:
		case fieldSpecial:
			return false
		}
	}
	return hosts == 1
}

type field uint8

const (
	fieldOther      field = iota // changes nothing
	fieldSpecial                 // a body, a condition, a range, an upgrade, a forwarded address
	fieldHost                    // there must be one (RFC 9112 §3.2)
	fieldAgent                   //
	fieldEncoding                //
	fieldConnection              //
)

// special are the header fields that change what has to be answered, or what follows the head.
var special = [...][]byte{
	[]byte("range"), []byte("if-none-match"), []byte("if-modified-since"), []byte("if-match"), []byte("if-range"),
	[]byte("if-unmodified-since"), []byte("content-length"), []byte("transfer-encoding"), []byte("expect"),
	[]byte("upgrade"), []byte("te"), []byte("trailer"), []byte("http2-settings"),
}

func fieldOf(name []byte) field {
	switch name[0] | 0x20 {
	case 'h':
		if bytes.EqualFold(name, []byte("host")) {
			return fieldHost
		}
	case 'u':
		if bytes.EqualFold(name, []byte("user-agent")) {
			return fieldAgent
		}
	case 'a':
		if bytes.EqualFold(name, []byte("accept-encoding")) {
			return fieldEncoding
		}
	case 'c':
		if bytes.EqualFold(name, []byte("connection")) {
			return fieldConnection
		}
	}
	for _, s := range special {
		if bytes.EqualFold(name, s) {
			return fieldSpecial
		}
	}
	return fieldOther
}

// acceptsGzipPlainly understands the lists that players send; one with weights is taken as not accepting.
func acceptsGzipPlainly(value []byte) bool {
	return !bytes.Contains(value, []byte(";")) && bytes.Contains(value, []byte("gzip"))
}
