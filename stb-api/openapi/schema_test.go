package openapi_test

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// object is a JSON object.
type object = map[string]any

// spec checks values against the schemas of a document: the part of JSON Schema that the document uses.
type spec struct{ root object }

func (s spec) resolve(schema object) object {
	ref, ok := schema["$ref"].(string)
	if !ok {
		return schema
	}
	at := any(s.root)
	for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		at = fields(at)[part]
	}
	if at == nil {
		panic("nothing at " + ref)
	}
	return s.resolve(fields(at))
}

// check says what is wrong with a value, or nil.
func (s spec) check(path string, schema object, value any) error {
	schema = s.resolve(schema)
	for _, part := range list(schema["allOf"]) {
		if err := s.check(path, fields(part), value); err != nil {
			return err
		}
	}
	if some := list(schema["oneOf"]); len(some) > 0 {
		var last error
		for _, part := range some {
			if last = s.check(path, fields(part), value); last == nil {
				return nil
			}
		}
		return last
	}
	if !typed(schema["type"], value) {
		return fmt.Errorf("%s is %v, expected %v", path, value, schema["type"])
	}
	if allowed := list(schema["enum"]); len(allowed) > 0 && !slices.Contains(allowed, value) {
		return fmt.Errorf("%s is %v, expected one of %v", path, value, allowed)
	}
	switch v := value.(type) {
	case string:
		if schema["format"] == "date-time" {
			if _, err := time.Parse(time.RFC3339, v); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
	case []any:
		items, _ := schema["items"].(object)
		for i, item := range v {
			if err := s.check(fmt.Sprintf("%s[%d]", path, i), items, item); err != nil {
				return err
			}
		}
	case object:
		return s.checkObject(path, schema, v)
	}
	return nil
}

func (s spec) checkObject(path string, schema, value object) error {
	for _, name := range list(schema["required"]) {
		if _, ok := value[fmt.Sprint(name)]; !ok {
			return fmt.Errorf("%s has no %v", path, name)
		}
	}
	properties, _ := schema["properties"].(object)
	for name, item := range value {
		part, known := properties[name].(object)
		if !known {
			if open, ok := schema["additionalProperties"].(bool); ok && !open {
				return fmt.Errorf("%s.%s is not in the document", path, name)
			}
			if part, known = schema["additionalProperties"].(object); !known {
				continue
			}
		}
		if err := s.check(path+"."+name, part, item); err != nil {
			return err
		}
	}
	return nil
}

// fields is a value as an object; of anything else it has none.
func fields(value any) object {
	o, _ := value.(object)
	return o
}

func list(value any) []any {
	all, _ := value.([]any)
	return all
}

func typed(want, value any) bool {
	if want == nil {
		return true
	}
	if some := list(want); len(some) > 0 {
		return slices.ContainsFunc(some, func(one any) bool { return typed(one, value) })
	}
	switch v := value.(type) {
	case nil:
		return want == "null"
	case bool:
		return want == "boolean"
	case string:
		return want == "string"
	case float64:
		return want == "number" || want == "integer" && v == float64(int64(v))
	case []any:
		return want == "array"
	default:
		return want == "object"
	}
}
