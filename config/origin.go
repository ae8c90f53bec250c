package config

import "strings"

// origin is where a value was set.
type origin struct {
	file         string
	line, column int
}

// origins remembers where each key was set, and which keys hold nothing because what stands there
// could not be read.
type origins struct {
	at     map[string]origin
	broken map[string]bool
	// filed are the secrets that were read from the file that their *_file key names.
	filed map[string]bool
}

func (o *origins) set(key string, at origin) {
	if o.at == nil {
		o.at = make(map[string]origin)
	}
	o.at[key] = at
}

func (o *origins) spoil(key string) {
	if o.broken == nil {
		o.broken = make(map[string]bool)
	}
	o.broken[key] = true
}

func (o *origins) markFiled(key string) {
	if o.filed == nil {
		o.filed = make(map[string]bool)
	}
	o.filed[key] = true
}

// has says whether the key was set by somebody, rather than left at its default.
func (o *origins) has(key string) bool {
	_, ok := o.at[key]
	return ok
}

// find is the origin of the key, or of the nearest key around it that was set.
func (o *origins) find(key string) origin {
	for {
		if at, ok := o.at[key]; ok {
			return at
		}
		cut := strings.LastIndexAny(key, ".[")
		if cut < 0 {
			return o.at[""]
		}
		key = key[:cut]
	}
}

// isBroken says whether the key, or one around it, could not be read.
func (o *origins) isBroken(key string) bool {
	for {
		if o.broken[key] {
			return true
		}
		cut := strings.LastIndexAny(key, ".[")
		if cut < 0 {
			return false
		}
		key = key[:cut]
	}
}
