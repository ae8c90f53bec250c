// Package demo is what `podium demo` runs: a lecture, its encoder, a guide and a past.
package demo

import (
	_ "embed"
	"strings"
)

// The ids of the demo's feed and channel.
const (
	Feed    = "hall1"
	Channel = "edu1"
)

//go:embed podium.yaml
var template string

// Config is the demo's configuration with the values, which must be YAML scalars, in place of their {names}.
func Config(values map[string]string) string {
	pairs := make([]string, 0, 2*len(values))
	for name, value := range values {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(template)
}
