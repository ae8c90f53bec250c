package strict

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// element is an XML element of a manifest.
type element struct {
	name     string
	attrs    map[string]string
	children []*element
	text     string
}

// The bounds of what is read.
const (
	maxDepth    = 8
	maxSegments = 1_000_000
)

const namespace = "urn:mpeg:dash:schema:mpd:2011"

// allowed are the elements that are understood, with their attributes and, in the schema's order, their children.
var allowed = map[string]struct{ required, optional, children string }{
	"MPD": {
		"profiles type minBufferTime",
		"availabilityStartTime publishTime mediaPresentationDuration minimumUpdatePeriod timeShiftBufferDepth " +
			"suggestedPresentationDelay maxSegmentDuration", "Period UTCTiming",
	},
	"Period": {"id start", "duration", "AdaptationSet"},
	"AdaptationSet": {
		"id contentType mimeType", "lang segmentAlignment startWithSAP", "SupplementalProperty Role SegmentTemplate Representation",
	},
	"Representation": {
		"id bandwidth", "codecs width height frameRate audioSamplingRate",
		"AudioChannelConfiguration BaseURL SegmentTemplate",
	},
	"SegmentTemplate":           {"", "timescale presentationTimeOffset startNumber initialization media", "SegmentTimeline"},
	"SegmentTimeline":           {"", "", "S"},
	"S":                         {"d", "t r", ""},
	"Role":                      {"schemeIdUri value", "", ""},
	"SupplementalProperty":      {"schemeIdUri value", "", ""},
	"AudioChannelConfiguration": {"schemeIdUri value", "", ""},
	"UTCTiming":                 {"schemeIdUri value", "", ""},
	"BaseURL":                   {"", "", ""},
}

// tree reads the elements, each with the attributes and children it may have.
func tree(text []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(text))
	var stack []*element
	var root *element
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if root == nil {
				return nil, syntax("no element")
			}
			return root, nil
		}
		if err != nil {
			return nil, syntax("%v", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			e, err := start(t)
			if err != nil {
				return nil, err
			}
			if len(stack) == maxDepth {
				return nil, syntax("more than %d elements inside each other", maxDepth)
			}
			if len(stack) > 0 {
				parent := stack[len(stack)-1]
				parent.children = append(parent.children, e)
			} else if root = e; e.name != "MPD" {
				return nil, syntax("the outermost element is %s", e.name)
			}
			stack = append(stack, e)
		case xml.EndElement:
			e := stack[len(stack)-1]
			if err := e.ordered(); err != nil {
				return nil, err
			}
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text += string(t)
			}
		}
	}
}

func start(t xml.StartElement) (*element, error) {
	e := &element{name: t.Name.Local, attrs: map[string]string{}}
	rules, known := allowed[e.name]
	if !known || t.Name.Space != namespace {
		return nil, syntax("unknown element %s of namespace %q", e.name, t.Name.Space)
	}
	may := strings.Fields(rules.required + " " + rules.optional)
	for _, a := range t.Attr {
		if a.Name.Local == "xmlns" && e.name == "MPD" {
			continue
		}
		if a.Name.Space != "" || !slices.Contains(may, a.Name.Local) {
			return nil, syntax("%s has the unknown attribute %s", e.name, a.Name.Local)
		}
		if _, twice := e.attrs[a.Name.Local]; twice {
			return nil, syntax("%s has %s twice", e.name, a.Name.Local)
		}
		e.attrs[a.Name.Local] = a.Value
	}
	for _, name := range strings.Fields(rules.required) {
		if e.attrs[name] == "" {
			return nil, syntax("%s lacks %s", e.name, name)
		}
	}
	return e, nil
}

// ordered says whether an element's children are those of the schema, in its order.
func (e *element) ordered() error {
	order := strings.Fields(allowed[e.name].children)
	at := 0
	for _, c := range e.children {
		i := slices.Index(order, c.name)
		if i < 0 {
			return syntax("%s inside %s", c.name, e.name)
		}
		if i < at {
			return syntax("%s behind %s inside %s", c.name, order[at], e.name)
		}
		at = i
	}
	if e.name != "BaseURL" && strings.TrimSpace(e.text) != "" {
		return syntax("text inside %s", e.name)
	}
	return nil
}

// all are the children of a name.
func (e *element) all(name string) []*element {
	var out []*element
	for _, c := range e.children {
		if c.name == name {
			out = append(out, c)
		}
	}
	return out
}

// first is the only child of a name, or nil; the schema has at most one of those it is asked for.
func (e *element) first(name string) (*element, error) {
	found := e.all(name)
	if len(found) > 1 {
		return nil, syntax("%d times %s inside %s", len(found), name, e.name)
	}
	if len(found) == 0 {
		return nil, nil //nolint:nilnil // None is an answer.
	}
	return found[0], nil
}

// integer reads an attribute that is a number without a sign; absent is what is taken where it is not there.
func (e *element) integer(name string, absent int64) (int64, error) {
	s, there := e.attrs[name]
	if !there {
		return absent, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
		return 0, syntax("%s of %s is %q, expected a whole number", name, e.name, s)
	}
	return n, nil
}

// duration reads an attribute that is an xs:duration of hours, minutes and seconds.
func (e *element) duration(name string) (time.Duration, error) {
	s, there := e.attrs[name]
	if !there {
		return 0, nil
	}
	rest, ok := strings.CutPrefix(s, "PT")
	if !ok || rest == "" || strings.ContainsAny(rest, "+-eE nu") {
		return 0, syntax("%s of %s is %q, expected a duration", name, e.name, s)
	}
	d, err := time.ParseDuration(strings.ToLower(rest))
	if err != nil {
		return 0, syntax("%s of %s is %q, expected a duration", name, e.name, s)
	}
	return d, nil
}

// date reads an attribute that is an xs:dateTime in UTC.
func (e *element) date(name string) (time.Time, error) {
	s, there := e.attrs[name]
	if !there {
		return time.Time{}, nil
	}
	t, err := time.Parse("2006-01-02T15:04:05.999999999Z", s)
	if err != nil {
		return t, syntax("%s of %s is %q, expected a date in UTC", name, e.name, s)
	}
	return t, nil
}

// fill replaces the identifiers of a template (ISO 23009-1 §5.3.9.4.4).
func fill(template, id string, bandwidth int, number uint64, segment bool) (string, error) {
	var out strings.Builder
	for rest := template; ; {
		before, after, found := strings.Cut(rest, "$")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		key, behind, found := strings.Cut(after, "$")
		if !found {
			return "", syntax("template %q has an odd number of dollar signs", template)
		}
		switch {
		case key == "":
			out.WriteByte('$')
		case key == "RepresentationID":
			out.WriteString(id)
		case key == "Bandwidth":
			fmt.Fprint(&out, bandwidth)
		case key == "Number" && segment:
			fmt.Fprint(&out, number)
		default:
			return "", syntax("template %q has the identifier %q", template, key)
		}
		rest = behind
	}
}
