package play

import "bytes"

// choose reads Accept-Encoding (RFC 9110 §12.5.3) and returns the coding that is liked best of those we have; brotli,
// which is smaller and no dearer, where both are liked as much. What is said of a coding itself goes before what is said
// of all.
func choose(header []byte) coding {
	const unsaid = -1
	weights := [codings]int{unsaid, unsaid, unsaid}
	all := unsaid
	for len(header) > 0 {
		var part []byte
		part, header, _ = bytes.Cut(header, []byte{','})
		name, params, _ := bytes.Cut(part, []byte{';'})
		switch name = bytes.TrimSpace(name); {
		case foldsTo(name, "br"):
			weights[brotlied] = weight(params)
		case foldsTo(name, "gzip"), foldsTo(name, "x-gzip"):
			weights[gzipped] = weight(params)
		case len(name) == 1 && name[0] == '*':
			all = weight(params)
		}
	}
	best, most := identity, 0
	for c := gzipped; c < codings; c++ {
		w := weights[c]
		if w == unsaid && c == gzipped {
			w = all // Who takes all takes gzip for sure; some of them have not heard of brotli.
		}
		if w > 0 && w >= most {
			best, most = c, w
		}
	}
	return best
}

// foldsTo compares with a name in small letters without making garbage.
func foldsTo(b []byte, name string) bool {
	if len(b) != len(name) {
		return false
	}
	for i := range b {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != name[i] {
			return false
		}
	}
	return true
}

// weight reads ";q=" in thousandths (RFC 9110 §12.4.2); none is one, and so is what cannot be read.
func weight(params []byte) int {
	const one = 1000
	name, value, found := bytes.Cut(params, []byte{'='})
	if !found || !foldsTo(bytes.TrimSpace(name), "q") {
		return one
	}
	value = bytes.TrimSpace(value)
	if len(value) == 0 || len(value) > 5 || value[0] < '0' || value[0] > '1' || len(value) > 1 && value[1] != '.' {
		return one
	}
	w, scale := int(value[0]-'0')*one, one
	for _, c := range value[min(2, len(value)):] {
		if c < '0' || c > '9' {
			return one
		}
		scale /= 10
		w += int(c-'0') * scale
	}
	return min(w, one)
}

// matches reads If-None-Match, which compares weakly (RFC 9110 §13.1.2).
func matches(header, tag []byte) bool {
	if len(tag) == 0 {
		return false
	}
	for len(header) > 0 {
		var part []byte
		part, header, _ = bytes.Cut(header, []byte{','})
		part = bytes.TrimSpace(part)
		if len(part) == 1 && part[0] == '*' || bytes.Equal(bytes.TrimPrefix(part, []byte("W/")), tag) {
			return true
		}
	}
	return false
}
