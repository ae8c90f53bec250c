package config

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// validator collects problems and finds where each stands.
type validator struct {
	set      *origins
	problems Problems
}

// Validate checks the values by themselves and against each other. Its error is a Problems with every
// problem in it; each points at the line its value came from, where the configuration was parsed.
func (c *Config) Validate() error {
	v := validator{set: &c.set}
	c.validate(&v)
	return v.problems.err()
}

func (c *Config) validate(v *validator) {
	v.required("station.name", c.Station.Name, "the station's name")
	v.label("station.name", c.Station.Name)
	c.HTTP.validate(v)
	c.Publish.validate(v)
	c.RTSP.validate(v)
	c.RTMP.validate(v)
	c.SRT.validate(v)
	c.WHIP.validate(v)
	v.required("data_dir", c.DataDir, "a folder")
	c.Storage.validate(v)
	c.Catalogue.validate(v)
	c.Packaging.validate(v)
	c.Inputs.validate(v)
	c.validateFeeds(v)
	c.validateChannels(v)
	c.Playback.validate(v)
	c.Console.validate(v)
	c.validateHooks(v)
	c.Metrics.validate(v)
	c.validateAddresses(v)
}

// add reports a problem with a key, unless the key could not be read and was reported so already.
func (v *validator) add(key, text string) {
	if v.set.isBroken(key) {
		return
	}
	at := v.set.find(key)
	v.problems = append(v.problems, &Problem{
		File: at.file, Line: at.line, Column: at.column, Key: key, Text: text,
	})
}

func (v *validator) mismatch(key, expected, got string) {
	v.add(key, "expected "+expected+", got "+quote(got))
}

func (v *validator) missing(key, expected string) {
	v.add(key, "expected "+expected+", got nothing")
}

func (v *validator) required(key, value, expected string) {
	if strings.TrimSpace(value) == "" {
		v.missing(key, expected)
	}
}

// label checks a text that people read: one line of at most 100 characters.
func (v *validator) label(key, value string) {
	const longest = 100
	if utf8.RuneCountInString(value) > longest || strings.ContainsFunc(value, func(r rune) bool {
		return r < ' ' || r == utf8.RuneError || r == 0x7f
	}) {
		v.mismatch(key, fmt.Sprintf("one line of at most %d characters", longest), value)
	}
}

func (v *validator) between(key string, d, least, most Duration) {
	if d < least || d > most {
		v.mismatch(key, fmt.Sprintf("%s to %s", least, most), d.String())
	}
}

func (v *validator) sized(key string, s, least, most Size) {
	if s < least || s > most {
		v.mismatch(key, fmt.Sprintf("%s to %s", least, most), s.String())
	}
}

func (v *validator) count(key string, n, least, most int) {
	if n < least || n > most {
		v.mismatch(key, fmt.Sprintf("%d to %d", least, most), strconv.Itoa(n))
	}
}

func (v *validator) atMost(key string, n, most int) {
	if n > most {
		v.add(key, fmt.Sprintf("expected at most %d entries, got %d", most, n))
	}
}

func (v *validator) pair(key string, t TLS) {
	if t.Cert == "" && t.Key != "" {
		v.missing(key+".cert", "a PEM file, because "+key+".key is set")
	}
	if t.Key == "" && t.Cert != "" {
		v.missing(key+".key", "a PEM file, because "+key+".cert is set")
	}
}

// either checks that a secret is given in one way only.
func (v *validator) either(key string, direct, file bool) {
	if direct && file && !v.set.filed[key] {
		v.add(key+"_file", "expected either "+last(key)+" or "+last(key)+"_file, got both")
	}
}

// secret checks a secret of at least so many bytes, which may stand in a file of its own.
func (v *validator) secret(key string, s Secret, file string, least int, required bool) {
	v.either(key, !s.IsZero(), file != "")
	if s.IsZero() && file == "" && required {
		v.missing(key, fmt.Sprintf("a secret of at least %d characters here or in %s_file", least, last(key)))
	}
	if n := utf8.RuneCountInString(s.Reveal()); !s.IsZero() && n < least {
		where := ""
		if v.set.filed[key] {
			key, where = key+"_file", " in the file"
		}
		v.add(key, fmt.Sprintf("expected a secret of at least %d characters%s, got %d", least, where, n))
	}
}

// last is the last part of a key's path.
func last(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }
