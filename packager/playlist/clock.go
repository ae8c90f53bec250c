package playlist

import "time"

// clock formats the dates of segments that follow each other, which share all but minutes and seconds: formatting each
// from scratch would be a quarter of the work of a long playlist.
type clock struct {
	hour   int64 // its first second, since the Unix epoch
	prefix []byte
}

// append appends a date with three digits always: old players stumble over the library's RFC 3339 with trimmed zeros.
func (c *clock) append(dst []byte, t time.Time) []byte {
	second, milli := t.Unix(), t.Nanosecond()/1e6
	within := int(((second % 3600) + 3600) % 3600)
	hour := second - int64(within)
	if len(c.prefix) == 0 || hour != c.hour {
		c.hour = hour
		c.prefix = t.UTC().AppendFormat(c.prefix[:0], "2006-01-02T15:")
	}
	dst = append(dst, c.prefix...)
	minute := within / 60
	within %= 60
	return append(dst,
		byte('0'+minute/10), byte('0'+minute%10), ':', byte('0'+within/10), byte('0'+within%10), '.',
		byte('0'+milli/100), byte('0'+milli/10%10), byte('0'+milli%10), 'Z')
}
