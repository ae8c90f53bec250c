package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// decoder fills a Config from a YAML tree, and goes on after a problem so that all are told at once. The
// YAML library's own decoder stops at the first.
type decoder struct {
	file     string
	set      *origins
	problems Problems
}

// decode fills v, which stands at key, from a node.
func (d *decoder) decode(key string, node ast.Node, v reflect.Value) {
	at := d.position(node)
	d.set.set(key, at)
	switch n := node.(type) {
	case *ast.AnchorNode, *ast.AliasNode:
		d.spoil(key, at, "expected a plain value: anchors and aliases are not supported")
		return
	case *ast.TagNode:
		d.spoil(key, at, "expected a plain value: tags such as "+quote(n.Start.Value)+" are not supported")
		return
	}
	switch {
	case isScalar(v):
		d.scalar(key, at, node, v)
	case v.Kind() == reflect.Slice:
		d.list(key, at, node, v)
	default:
		d.section(key, at, node, v)
	}
}

func (d *decoder) scalar(key string, at origin, node ast.Node, v reflect.Value) {
	text, ok := scalarText(node)
	if !ok {
		got := "a list"
		switch node.(type) {
		case *ast.MappingNode, *ast.MappingValueNode:
			got = "a section"
		case *ast.NullNode:
			got = `nothing (write "" to leave it empty)`
		}
		d.spoil(key, at, "expected "+expectedOf(v)+", got "+got)
		return
	}
	if err := setScalar(v, text); err != nil {
		d.spoil(key, at, err.Error())
	}
}

func (d *decoder) list(key string, at origin, node ast.Node, v reflect.Value) {
	if _, ok := node.(*ast.NullNode); ok {
		return // All entries commented out.
	}
	seq, ok := node.(*ast.SequenceNode)
	if !ok {
		d.spoil(key, at, "expected a list, each entry on a line that begins with a dash, got "+describe(node))
		return
	}
	const most = max(mostFeeds, mostChannels)
	if len(seq.Values) > most {
		d.spoil(key, at, fmt.Sprintf("expected at most %d entries, got %d", most, len(seq.Values)))
		return
	}
	list := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, value := range seq.Values {
		fillDefault(list.Index(i))
		d.decode(index(key, i), value, list.Index(i))
	}
	v.Set(list)
}

func (d *decoder) section(key string, at origin, node ast.Node, v reflect.Value) {
	fields := fieldsOf(v.Type())
	var values []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.NullNode: // All keys commented out.
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		d.spoil(key, at, "expected a section with the keys "+anyOf(names(fields)...)+", got "+describe(node))
		return
	}
	if len(values) > 0 {
		d.set.set(key, d.position(values[0].Key))
	}
	seen := make(map[string]origin)
	for _, mv := range values {
		d.entry(key, mv, v, fields, seen)
	}
}

func (d *decoder) entry(key string, mv *ast.MappingValueNode, v reflect.Value, fields []field, seen map[string]origin) {
	at := d.position(mv.Key)
	name, ok := scalarText(mv.Key)
	if !ok {
		d.report(key, at, "expected a key, one of "+anyOf(names(fields)...))
		return
	}
	path := join(key, name)
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
	if i < 0 {
		d.report(join(key, clip(name)), at, unknown(name, names(fields)))
		return
	}
	if first, twice := seen[name]; twice {
		d.report(path, at, fmt.Sprintf("expected the key once, and it stands in line %d already", first.line))
		return
	}
	seen[name] = at
	d.decode(path, mv.Value, v.FieldByIndex(fields[i].index))
}

func (d *decoder) report(key string, at origin, text string) {
	d.problems = append(d.problems, &Problem{
		File: at.file, Line: at.line, Column: at.column, Key: key, Text: text,
	})
}

// spoil reports a problem with a value and keeps the checks that follow from reporting it again.
func (d *decoder) spoil(key string, at origin, text string) {
	d.set.spoil(key)
	d.report(key, at, text)
}

// position is where a node begins. A section's own token is the colon of its first key.
func (d *decoder) position(node ast.Node) origin {
	switch n := node.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return d.position(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return d.position(n.Key)
	case nil:
		return origin{file: d.file}
	}
	return d.at(node.GetToken())
}

func (d *decoder) at(t *token.Token) origin {
	if t == nil || t.Position == nil {
		return origin{file: d.file}
	}
	return origin{file: d.file, line: t.Position.Line, column: t.Position.Column}
}

// scalarText is the text of a scalar as it stands in the file, so that 0644, 1e3 and yes mean what the key
// says and not what YAML guesses.
func scalarText(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		if n.Value == nil {
			return "", true
		}
		return strings.TrimSuffix(n.Value.Value, "\n"), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		if t := node.GetToken(); t != nil {
			return t.Value, true
		}
	}
	return "", false
}

// describe names what stands in place of a section or a list.
func describe(node ast.Node) string {
	if text, ok := scalarText(node); ok {
		return quote(text)
	}
	if _, ok := node.(*ast.SequenceNode); ok {
		return "a list"
	}
	return "a section"
}

// isScalar says whether a field is one value rather than a section or a list.
func isScalar(v reflect.Value) bool {
	if _, ok := v.Addr().Interface().(value); ok {
		return true
	}
	return v.Kind() == reflect.String || v.Kind() == reflect.Bool || v.Kind() == reflect.Int
}

// expectedOf says what text a field expects.
func expectedOf(v reflect.Value) string {
	if t, ok := v.Addr().Interface().(value); ok {
		return t.expected()
	}
	switch v.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	default:
		return "a text"
	}
}

// setScalar reads a field's text.
func setScalar(v reflect.Value, text string) error {
	if t, ok := v.Addr().Interface().(value); ok {
		return t.UnmarshalText([]byte(text))
	}
	switch v.Kind() {
	case reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("expected %s, got %s", expectedOf(v), quote(text))
		}
		v.SetBool(text == "true")
	case reflect.Int:
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return fmt.Errorf("expected %s, got %s", expectedOf(v), quote(text))
		}
		v.SetInt(n)
	default:
		if strings.ContainsRune(text, 0) {
			return fmt.Errorf("expected %s without a zero byte, got %s", expectedOf(v), quote(text))
		}
		v.SetString(text)
	}
	return nil
}

// fillDefault gives a list's new entry its defaults.
func fillDefault(v reflect.Value) {
	switch into := v.Addr().Interface().(type) {
	case *Feed:
		*into = defaultFeed()
	case *Channel:
		*into = defaultChannel()
	case *Input:
		*into = defaultInput()
	}
}
