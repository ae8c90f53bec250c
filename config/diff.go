package config

import (
	"reflect"
	"slices"
)

// Delta is what happened to a list of feeds or channels, by id, each in the order of its file.
type Delta struct {
	Added, Removed, Changed []ID
}

// IsZero says that nothing happened.
func (d Delta) IsZero() bool { return len(d.Added)+len(d.Removed)+len(d.Changed) == 0 }

// Change is what differs between two configurations.
type Change struct {
	// Feeds counts a feed as changed when anything it runs by changed: its own keys, the keys of packaging
	// that it takes over, and those of inputs: all for a feed that Podium fetches, else their limits.
	Feeds Delta
	// Channels counts a channel as changed when its own keys changed, or those of packaging it takes over.
	Channels Delta
	// Live are the keys outside feeds and channels that changed and can be applied while the server runs.
	Live []string
	// Restart are the keys that changed and hold from the next start on.
	Restart []string
}

// IsZero says that both configurations mean the same.
func (c Change) IsZero() bool {
	return c.Feeds.IsZero() && c.Channels.IsZero() && len(c.Live)+len(c.Restart) == 0
}

// Diff says what changed from the first configuration to the second.
func Diff(from, to *Config) Change {
	var c Change
	c.compare("", reflect.ValueOf(from).Elem(), reflect.ValueOf(to).Elem())
	fetching, limits := !from.Inputs.sameFetching(&to.Inputs), !from.Inputs.sameLimits(&to.Inputs)
	c.Feeds = delta(from.Feeds, to.Feeds, func(f Feed) ID { return f.ID }, func(a, b Feed) bool {
		return !a.Equal(&b) || limits || fetching && b.Fetches()
	})
	c.Channels = delta(from.Channels, to.Channels, func(ch Channel) ID { return ch.ID }, func(a, b Channel) bool {
		return !a.Equal(&b)
	})
	return c
}

// compare walks a section and notes the keys that differ.
func (c *Change) compare(key string, a, b reflect.Value) {
	for _, f := range fieldsOf(a.Type()) {
		path, x, y := join(key, f.name), a.FieldByIndex(f.index), b.FieldByIndex(f.index)
		switch {
		case path == "feeds" || path == "channels":
		case x.Kind() == reflect.Struct && !isScalar(x):
			c.compare(path, x, y)
		case same(x.Interface(), y.Interface()), x.Kind() == reflect.Slice && x.Len()+y.Len() == 0:
		case f.live:
			c.Live = append(c.Live, path)
		default:
			c.Restart = append(c.Restart, path)
		}
	}
}

func delta[T any](from, to []T, id func(T) ID, changed func(a, b T) bool) Delta {
	var d Delta
	find := func(list []T, want ID) int {
		return slices.IndexFunc(list, func(t T) bool { return id(t) == want })
	}
	for _, b := range to {
		i := find(from, id(b))
		switch {
		case i < 0:
			d.Added = append(d.Added, id(b))
		case changed(from[i], b):
			d.Changed = append(d.Changed, id(b))
		}
	}
	for _, a := range from {
		if find(to, id(a)) < 0 {
			d.Removed = append(d.Removed, id(a))
		}
	}
	return d
}

func same(a, b any) bool {
	za, isZone := a.(Zone)
	if zb, ok := b.(Zone); ok && isZone { // A time.Location holds a cache, which two of the same zone need not share.
		return za.String() == zb.String()
	}
	return reflect.DeepEqual(a, b)
}
