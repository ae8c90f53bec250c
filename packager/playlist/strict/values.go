package strict

import (
	"strconv"
	"strings"
	"time"
)

// integer reads a decimal-integer (RFC 8216bis §4.2): 1 to 20 digits, at most 2^64-1.
func (p *parser) integer(s string) (uint64, error) {
	if s == "" || len(s) > 20 || strings.Trim(s, "0123456789") != "" {
		return 0, p.fail("number %q: expected digits", clip(s))
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, p.fail("number %q: expected at most 2^64-1", s)
	}
	return n, nil
}

// seconds reads a decimal-floating-point number of seconds: digits with at most one point, no sign, no exponent.
func (p *parser) seconds(s string) (time.Duration, error) {
	whole, fraction, point := strings.Cut(s, ".")
	if whole == "" || strings.Trim(whole, "0123456789") != "" || strings.Trim(fraction, "0123456789") != "" || point && fraction == "" {
		return 0, p.fail("number of seconds %q: expected digits, with a point at most", clip(s))
	}
	if len(whole) > 9 {
		return 0, p.fail("number of seconds %q is too large", clip(s))
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0, p.fail("number of seconds %q: %v", clip(s), err)
	}
	d := time.Duration(n) * time.Second
	for unit, i := time.Second/10, 0; i < len(fraction) && unit > 0; unit, i = unit/10, i+1 {
		d += time.Duration(fraction[i]-'0') * unit
	}
	return d, nil
}

// attribute is a value of an attribute list.
type attribute struct {
	text   string
	quoted bool
}

// attributes reads an attribute list (§4.2): names of capitals, digits and dashes, each once, no spaces between.
func (p *parser) attributes(s string) (map[string]attribute, error) {
	out := map[string]attribute{}
	for {
		name, rest, found := strings.Cut(s, "=")
		if !found || name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
			return nil, p.fail("attribute name %q: expected capitals, digits and dashes, then =", clip(name))
		}
		if _, twice := out[name]; twice {
			return nil, p.fail("a second attribute %s", name)
		}
		var value attribute
		if strings.HasPrefix(rest, `"`) {
			value.quoted = true
			value.text, rest, found = strings.Cut(rest[1:], `"`)
			if !found {
				return nil, p.fail("attribute %s: the quotation mark is not closed", name)
			}
		} else {
			end := strings.IndexByte(rest, ',')
			if end < 0 {
				end = len(rest)
			}
			value.text, rest = rest[:end], rest[end:]
			if value.text == "" || strings.ContainsAny(value.text, "\" \t") {
				return nil, p.fail("attribute %s: value %q: expected no quotation marks and no space", name, clip(value.text))
			}
		}
		out[name] = value
		if rest == "" {
			return out, nil
		}
		if rest[0] != ',' {
			return nil, p.fail("attribute %s: expected a comma, found %q", name, clip(rest))
		}
		s = rest[1:]
	}
}

// isHex says whether s is a hexadecimal-sequence of at most n digits.
func isHex(s string, n int) bool {
	if len(s) < 3 || len(s) > 2+n || s[0] != '0' || s[1] != 'x' && s[1] != 'X' {
		return false
	}
	return strings.Trim(s[2:], "0123456789ABCDEFabcdef") == ""
}
