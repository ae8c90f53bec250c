package play

import (
	"strconv"
	"strings"
)

// acceptsGzip reads Accept-Encoding (RFC 9110 §12.5.3): what is said of gzip itself goes before what is said of all.
func acceptsGzip(header string) bool {
	all := false
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			return weighs(params)
		case "*":
			all = weighs(params)
		}
	}
	return all
}

// weighs says that a weight is not zero; none is one.
func weighs(params string) bool {
	name, value, _ := strings.Cut(params, "=")
	if strings.TrimSpace(strings.ToLower(name)) != "q" {
		return true
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	return err != nil || q > 0
}

// matches reads If-None-Match, which compares weakly (RFC 9110 §13.1.2).
func matches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.TrimPrefix(part, "W/") == tag {
			return true
		}
	}
	return false
}
