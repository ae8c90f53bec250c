package config

import (
	"reflect"
	"strconv"
)

// field is one key of a section.
type field struct {
	name  string
	index []int
	live  bool // can change while the server runs
}

// fieldsOf lists the keys of a section's type in the order of the struct.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		if name := f.Tag.Get("yaml"); name != "" {
			fields = append(fields, field{name, f.Index, f.Tag.Get("reload") == "live"})
		}
	}
	return fields
}

func names(fields []field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

func index(key string, i int) string { return key + "[" + strconv.Itoa(i) + "]" }
