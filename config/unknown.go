package config

import "strings"

// unknown is the text of a problem with a key that does not exist, with the nearest that does.
func unknown(name string, known []string) string {
	if near := nearest(name, known); near != "" {
		return "unknown key, did you mean " + near + "?"
	}
	return "unknown key, expected " + anyOf(known...)
}

// nearest is the known name at most two edits away, or empty.
func nearest(name string, known []string) string {
	best, least := "", 3
	for _, k := range known {
		if d := distance(strings.ToLower(clip(name)), strings.ToLower(k)); d < least && d < len(k) {
			best, least = k, d
		}
	}
	return best
}

// clip keeps a name from a hostile file to a length that fits a message.
func clip(name string) string {
	const longest = 64
	if r := []rune(name); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return name
}

// distance is the number of edits between two names (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
