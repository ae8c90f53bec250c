package config

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

// maxFile bounds a configuration file, in bytes. The most feeds and channels there may be take half of it.
const maxFile = 1 << 20

// Parse reads a configuration from the text of a YAML file and from environ ("KEY=value", as os.Environ
// gives it) over it, and checks it. The name stands in messages. Files that *_file keys name are not read;
// Load does. Its error is a Problems.
func Parse(name string, b []byte, environ []string) (*Config, error) {
	c, problems := read(name, b, environ)
	return c.checked(problems)
}

// read fills the defaults from the file and the environment.
func read(name string, b []byte, environ []string) (*Config, Problems) {
	c := Default()
	d := decoder{file: name, set: &c.set}
	c.set.set("", origin{file: name})
	root, problem := tree(name, b)
	if problem != nil {
		d.set.spoil("")
		d.problems = append(d.problems, problem)
	} else if root != nil {
		d.decode("", root, reflect.ValueOf(c).Elem())
	}
	d.environment(environ, reflect.ValueOf(c).Elem())
	c.inherit()
	return c, d.problems
}

// checked adds the problems that a check finds.
func (c *Config) checked(problems Problems) (*Config, error) {
	if !c.set.broken[""] {
		v := validator{set: &c.set, problems: problems}
		c.validate(&v)
		problems = v.problems
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// tree is the only document of a YAML text, or nil where the text holds nothing.
func tree(name string, b []byte) (root ast.Node, problem *Problem) {
	if len(b) > maxFile {
		return nil, &Problem{File: name, Text: fmt.Sprintf("expected a file of at most %s, got more", Size(maxFile))}
	}
	// The library has panicked on broken files before; a bad file must not stop a server that reloads.
	defer func() {
		if r := recover(); r != nil {
			root, problem = nil, &Problem{File: name, Text: fmt.Sprintf("expected a YAML file, got one that cannot be read: %v", r)}
		}
	}()
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")) // Windows editors write a byte order mark.
	tokens := lexer.Tokenize(string(b))
	if line := tooDeep(tokens); line > 0 {
		return nil, &Problem{File: name, Line: line, Column: 1, Text: "expected a configuration, got nesting that is too deep for one"}
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxProblem(name, err)
	}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if root != nil {
			d := decoder{file: name}
			at := d.position(doc.Body)
			return nil, &Problem{File: name, Line: at.line, Column: at.column, Text: "expected one YAML document, got a second"}
		}
		root = doc.Body
	}
	return root, nil
}

// syntaxProblem is the library's complaint in Podium's form, without the excerpt of the file, which may
// hold a secret.
func syntaxProblem(name string, err error) *Problem {
	var syntax *yaml.SyntaxError
	if !errors.As(err, &syntax) || syntax.Token == nil || syntax.Token.Position == nil {
		return &Problem{File: name, Text: "expected a YAML file: " + clip(err.Error())}
	}
	at := syntax.Token.Position
	return &Problem{File: name, Line: at.Line, Column: at.Column, Text: "expected a YAML file: " + syntax.Message}
}
