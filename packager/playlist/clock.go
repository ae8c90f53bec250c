package playlist

import "time"

// clock formats the dates of segments that follow each other, which share all but the seconds: formatting each
// from scratch would be a quarter of the work of a long playlist.
type clock struct {
	minute int64 // its first second, since the Unix epoch
	prefix []byte
}

// append appends a date with three digits always: old players stumble over the library's RFC 3339 with trimmed zeros.
func (c *clock) append(dst []byte, t time.Time) []byte {
	t = t.UTC()
	second, milli := t.Second(), t.Nanosecond()/1e6
	minute := t.Unix() - int64(second)
	if len(c.prefix) == 0 || minute != c.minute {
		c.minute = minute
		c.prefix = t.AppendFormat(c.prefix[:0], "2006-01-02T15:04:")
	}
	dst = append(dst, c.prefix...)
	return append(dst,
		byte('0'+second/10), byte('0'+second%10), '.',
		byte('0'+milli/100), byte('0'+milli/10%10), byte('0'+milli%10), 'Z')
}
