// Package message holds every text that Podium shows to people, each in Chinese and in English.
package message

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed messages.json
var source []byte

// entry is one text in the languages there are.
type entry struct {
	Chinese string `json:"zh"`
	English string `json:"en"`
}

// entries parses the embedded file once; the map is never written to again.
var entries = sync.OnceValue(func() map[string]entry {
	var parsed map[string]entry
	if err := json.Unmarshal(source, &parsed); err != nil {
		// The file is part of the program and a test reads it: a key is then shown as itself.
		return map[string]entry{}
	}
	return parsed
})

// Key is the name of a message. As an argument of another message it is replaced by its own text, in the
// same language.
type Key string

// Text returns the message of a key in a language, with {0}, {1} and so on replaced by args. A key that
// there is no message for is returned as it is, so that a missing text is seen and not fatal.
func Text(language Language, key string, args ...any) string {
	found, ok := entries()[key]
	if !ok {
		return key
	}
	text := found.Chinese
	if language == English {
		text = found.English
	}
	if len(args) == 0 {
		return text
	}
	return fill(language, text, args)
}

// Has says whether there is a message for the key.
func Has(key string) bool {
	_, ok := entries()[key]
	return ok
}

// Keys returns the keys of all messages, sorted.
func Keys() []string {
	keys := make([]string, 0, len(entries()))
	for key := range entries() {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// fill replaces {n} by the n-th argument in one pass, so that braces inside an argument stay as they are.
func fill(language Language, text string, args []any) string {
	var filled strings.Builder
	filled.Grow(len(text) + 16*len(args))
	for {
		open := strings.IndexByte(text, '{')
		if open < 0 {
			break
		}
		length := strings.IndexByte(text[open:], '}')
		if length < 0 {
			break
		}
		filled.WriteString(text[:open])
		number, err := strconv.Atoi(text[open+1 : open+length])
		if err != nil || number < 0 || number >= len(args) {
			filled.WriteString(text[open : open+length+1])
		} else {
			filled.WriteString(argument(language, args[number]))
		}
		text = text[open+length+1:]
	}
	filled.WriteString(text)
	return filled.String()
}

func argument(language Language, value any) string {
	if key, ok := value.(Key); ok {
		return Text(language, string(key))
	}
	return fmt.Sprint(value)
}
