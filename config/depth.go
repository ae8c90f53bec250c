package config

import "github.com/goccy/go-yaml/token"

// tooDeep is the line where a text nests deeper than any configuration needs, or zero. The library reads
// nested values by recursion, and a stack that overflows cannot be recovered from.
func tooDeep(tokens token.Tokens) int {
	const most = 32
	brackets, markers, line, keys := 0, 0, 0, 0
	for _, t := range tokens {
		if t.Position != nil && t.Position.Line != line {
			line, keys = t.Position.Line, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
			markers++
		case token.SequenceEndType, token.MappingEndType:
			brackets = max(0, brackets-1)
			markers = 0
		case token.SequenceEntryType, token.MappingKeyType, token.TagType, token.AnchorType, token.AliasType:
			markers++
		case token.MappingValueType:
			markers++
			if brackets == 0 {
				keys++
			}
		default:
			markers = 0
		}
		if brackets > most || markers > most || keys > most {
			return max(line, 1)
		}
	}
	return 0
}
