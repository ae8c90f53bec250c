package play

import "bytes"

// fastRequest is a request's head as far as the fast path understands it; its slices alias the read buffer.
type fastRequest struct {
	channel, token, path []byte
	agent                []byte
	coding               coding
	forwarded            []byte // the client that a proxy speaks for; nil where none is named
	noneMatch            []byte // nil where there is no such condition
	vouched              bool   // by a cache that checks tokens itself
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
	ok = r.fields(rest[end+2:])
	return r, ok
}

// fields reads the header fields and says whether all of them leave the answer as it is.
func (r *fastRequest) fields(b []byte) bool {
	hosts, codings, since := 0, 0, false
	for len(b) > 2 {
		end := bytes.IndexByte(b, '\n')
		if end < 2 || b[end-1] != '\r' {
			return false
		}
		line := b[:end-1]
		b = b[end+1:]
		colon := bytes.IndexByte(line, ':')
		if colon <= 0 || !plainField(line, colon) {
			return false // A folded line, a space before the colon, a control character.
		}
		value := bytes.TrimSpace(line[colon+1:])
		if value == nil {
			value = line[:0] // It is there, and empty.
		}
		switch fieldOf(line[:colon]) {
		case fieldHost:
			hosts++
		case fieldAgent:
			r.agent = value
		case fieldEncoding:
			codings++
			r.coding = choose(value)
		case fieldForwarded:
			if r.forwarded != nil {
				return false // Which of the two counts, net/http's side knows.
			}
			r.forwarded = value
		case fieldNoneMatch:
			if r.noneMatch != nil {
				return false
			}
			r.noneMatch = value
		case fieldSince:
			since = true
		case fieldEdge:
			r.vouched = true
		case fieldConnection:
			if !bytes.EqualFold(value, []byte("keep-alive")) {
				return false
			}
		case fieldOther:
		case fieldSpecial:
			return false
		}
	}
	// If-Modified-Since does not count beside If-None-Match (RFC 9110 §13.1.3).
	return hosts == 1 && codings <= 1 && (!since || r.noneMatch != nil)
}

type field uint8

const (
	fieldOther   field = iota // changes nothing
	fieldSpecial              // a body, a condition, a range, an upgrade
	fieldHost                 // there must be one (RFC 9112 §3.2)
	fieldAgent
	fieldEncoding
	fieldConnection
	fieldForwarded // another client's address
	fieldNoneMatch
	fieldSince
	fieldEdge
)

// known are the header fields that change what has to be answered, or what follows the head; other conditions, which all
// begin with If-, are not among them.
var known = [...]struct {
	name []byte
	is   field
}{
	{[]byte("host"), fieldHost},
	{[]byte("user-agent"), fieldAgent},
	{[]byte("accept-encoding"), fieldEncoding},
	{[]byte("connection"), fieldConnection},
	{[]byte("x-forwarded-for"), fieldForwarded},
	{[]byte("if-none-match"), fieldNoneMatch},
	{[]byte("if-modified-since"), fieldSince},
	{[]byte("x-podium-edge"), fieldEdge},
	{[]byte("range"), fieldSpecial},
	{[]byte("content-length"), fieldSpecial},
	{[]byte("transfer-encoding"), fieldSpecial},
	{[]byte("expect"), fieldSpecial},
	{[]byte("upgrade"), fieldSpecial},
	{[]byte("te"), fieldSpecial},
	{[]byte("trailer"), fieldSpecial},
	{[]byte("http2-settings"), fieldSpecial},
}

func fieldOf(name []byte) field {
	for i := range known {
		// The length tells most of them apart.
		if len(name) == len(known[i].name) && bytes.EqualFold(name, known[i].name) {
			return known[i].is
		}
	}
	if len(name) > 3 && bytes.EqualFold(name[:3], []byte("if-")) {
		return fieldSpecial
	}
	return fieldOther
}

// plainField says that a header field has a name of token characters and no control character in its value (RFC 9110
// §5.1, §5.5). What looks like one field here and like another to somebody else is how requests are smuggled.
func plainField(line []byte, colon int) bool {
	for _, b := range line[:colon] {
		if b >= 0x80 || b <= ' ' || notToken[b] {
			return false
		}
	}
	for _, b := range line[colon+1:] {
		if b < ' ' && b != '\t' || b == 0x7f {
			return false
		}
	}
	return true
}

// notToken are the printable characters that a field's name cannot have, and DEL.
var notToken = [0x80]bool{
	'"': true, '(': true, ')': true, ',': true, '/': true, ':': true, ';': true, '<': true, '=': true, '>': true,
	'?': true, '@': true, '[': true, '\\': true, ']': true, '{': true, '}': true, 0x7f: true,
}
