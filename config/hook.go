package config

import (
	"fmt"
	"slices"
)

// Hook is an address that is told of events.
type Hook struct {
	// URL takes a POST with JSON for each event.
	URL URL `yaml:"url"`
	// Secret signs what is sent, so that the receiver knows whom it is from. Without one nothing is signed.
	Secret     Secret `yaml:"secret"`
	SecretFile string `yaml:"secret_file"`
	// Events are the kinds that are told. Empty is all.
	Events []EventKind `yaml:"events"`
}

// EventKind names a kind of event.
type EventKind string

// EventKinds are those that there are, as origin/feed has them; a test of station holds that they are the same.
func EventKinds() []EventKind {
	return []EventKind{"source_up", "source_down", "on_air", "switched", "back", "on_slate", "off_air"}
}

func (*EventKind) expected() string {
	words := make([]string, len(EventKinds()))
	for i, k := range EventKinds() {
		words[i] = string(k)
	}
	return anyOf(words...)
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *EventKind) UnmarshalText(text []byte) error { return choose(k, k, text, EventKinds()...) }

const (
	mostHooks = 16
	// leastHookSecret makes guessing it from what was signed hopeless.
	leastHookSecret = 16
)

func (c *Config) validateHooks(v *validator) {
	v.atMost("hooks", len(c.Hooks), mostHooks)
	for i := range c.Hooks {
		h, at := &c.Hooks[i], index("hooks", i)
		if h.URL.IsZero() {
			v.missing(at+".url", "an http:// or https:// address")
		} else if s := h.URL.Scheme(); s != "http" && s != "https" {
			v.mismatch(at+".url", "an http:// or https:// address", h.URL.String())
		}
		v.secret(at+".secret", h.Secret, h.SecretFile, leastHookSecret, false)
		for n, kind := range h.Events {
			if slices.Index(h.Events, kind) < n {
				v.add(index(at+".events", n), fmt.Sprintf("expected each kind once, got %q twice", kind))
			}
		}
	}
}
