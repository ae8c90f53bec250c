package object

import "time"

// doubts remembers, for a while, names for which a request may still be on its way to the remote though the object
// has since been uploaded.
type doubts struct {
	window time.Duration

	since map[string]time.Time
	order []doubt
}

type doubt struct {
	name  string
	since time.Time
}

func (d *doubts) add(name string, now time.Time) {
	d.forget(now)
	if d.since == nil {
		d.since = make(map[string]time.Time)
	}
	d.since[name] = now
	d.order = append(d.order, doubt{name, now})
}

func (d *doubts) has(name string, now time.Time) bool {
	d.forget(now)
	_, ok := d.since[name]
	return ok
}

func (d *doubts) forget(now time.Time) {
	old := 0
	for old < len(d.order) && now.Sub(d.order[old].since) >= d.window {
		if o := d.order[old]; d.since[o.name].Equal(o.since) {
			delete(d.since, o.name)
		}
		old++
	}
	d.order = d.order[old:]
}
