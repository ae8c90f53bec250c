package strict

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Master is a multivariant playlist as it was read.
type Master struct {
	Version     int
	Independent bool
	Variants    []Variant
	// IFrames are the variants of EXT-X-I-FRAME-STREAM-INF.
	IFrames []Variant
	Media   []Rendition
}

// Variant is one variant stream.
type Variant struct {
	Line                        int
	URI                         string
	Bandwidth, AverageBandwidth uint64
	Codecs                      []string
	Width, Height               uint64
	FrameRate                   string
	Audio, Subtitles            string // groups
}

// Rendition is one EXT-X-MEDIA.
type Rendition struct {
	Line                  int
	Type                  string
	Group, Name, Language string
	URI                   string // empty where it is in the variant
	Default, Autoselect   bool
	Channels              string
}

// URIs are all the media playlists that it lists, each once.
func (m *Master) URIs() []string {
	var out []string
	add := func(uri string) {
		if uri != "" && !slices.Contains(out, uri) {
			out = append(out, uri)
		}
	}
	for i := range m.Variants {
		add(m.Variants[i].URI)
	}
	for i := range m.Media {
		add(m.Media[i].URI)
	}
	for i := range m.IFrames {
		add(m.IFrames[i].URI)
	}
	return out
}

// ParseMaster reads a multivariant playlist (RFC 8216bis §4.4.6). Tags it does not know are passed over; whatever is
// malformed, missing, doubled or in the wrong place is a *SyntaxError.
func ParseMaster(b []byte) (*Master, error) {
	m := &masterParser{list: &Master{Version: 1}}
	text := string(b)
	for text != "" {
		m.line++
		line, rest, _ := strings.Cut(text, "\n")
		text = rest
		if err := m.read(strings.TrimSuffix(line, "\r")); err != nil {
			return nil, err
		}
	}
	switch {
	case m.line == 0:
		m.line = 1
		return nil, m.fail("expected #EXTM3U, found nothing")
	case m.variant != nil:
		return nil, m.fail("EXT-X-STREAM-INF without a URI behind it")
	case len(m.list.Variants) == 0:
		return nil, m.fail("no EXT-X-STREAM-INF")
	}
	return m.list, nil
}

type masterParser struct {
	parser
	list    *Master
	variant *Variant // that waits for its URI
	seen    []string
}

func (m *masterParser) read(line string) error {
	if err := m.check(line); err != nil {
		return err
	}
	if m.line == 1 {
		if line != "#EXTM3U" {
			return m.fail("expected #EXTM3U, found %q", clip(line))
		}
		return nil
	}
	switch {
	case m.variant != nil: // The URI is the very next line (§4.4.6.2).
		if line == "" || line[0] == '#' || strings.TrimSpace(line) != line || !utf8.ValidString(line) {
			return m.fail("expected the URI of EXT-X-STREAM-INF, found %q", clip(line))
		}
		m.variant.URI = line
		m.list.Variants = append(m.list.Variants, *m.variant)
		m.variant = nil
		return nil
	case line == "":
		return nil
	case strings.HasPrefix(line, "#EXT"):
		return m.tag(line)
	case line[0] == '#':
		return nil
	}
	return m.fail("URI %q without EXT-X-STREAM-INF", clip(line))
}

func (m *masterParser) tag(line string) error {
	name, value, _ := strings.Cut(line[1:], ":")
	if headerForm(name).read != nil && name != "EXT-X-VERSION" && name != "EXT-X-INDEPENDENT-SEGMENTS" && name != "EXT-X-START" ||
		segmentForm(name).read != nil {
		return m.fail("%s belongs in a media playlist", name)
	}
	switch name {
	case "EXT-X-VERSION", "EXT-X-INDEPENDENT-SEGMENTS":
		if slices.Contains(m.seen, name) {
			return m.fail("a second %s", name)
		}
		m.seen = append(m.seen, name)
		if name == "EXT-X-INDEPENDENT-SEGMENTS" {
			m.list.Independent = true
			return nil
		}
		n, err := m.integer(value)
		m.list.Version = int(min(n, 1000))
		return err
	case "EXT-X-STREAM-INF":
		v, err := m.stream(value)
		m.variant = v
		return err
	case "EXT-X-I-FRAME-STREAM-INF":
		v, err := m.stream(value)
		if err != nil {
			return err
		}
		if v.URI == "" || v.FrameRate != "" || v.Audio != "" || v.Subtitles != "" {
			return m.fail("EXT-X-I-FRAME-STREAM-INF: expected a URI, and no frame rate, sound or text (§4.4.6.3)")
		}
		m.list.IFrames = append(m.list.IFrames, *v)
	case "EXT-X-MEDIA":
		return m.media(value)
	}
	return nil
}

func (m *masterParser) stream(value string) (*Variant, error) {
	a, err := m.attributes(value)
	if err != nil {
		return nil, err
	}
	v := &Variant{Line: m.line, FrameRate: a["FRAME-RATE"].text}
	if _, found := a["BANDWIDTH"]; !found {
		return nil, m.fail("no BANDWIDTH")
	}
	if _, found := a["PROGRAM-ID"]; found {
		return nil, m.fail("PROGRAM-ID, which version 6 removed")
	}
	for name, to := range map[string]*uint64{"BANDWIDTH": &v.Bandwidth, "AVERAGE-BANDWIDTH": &v.AverageBandwidth} {
		if at, found := a[name]; found {
			if *to, err = m.integer(at.text); err != nil {
				return nil, err
			}
		}
	}
	for name, to := range map[string]*string{"AUDIO": &v.Audio, "SUBTITLES": &v.Subtitles, "URI": &v.URI} {
		if at, found := a[name]; found {
			if !at.quoted || at.text == "" {
				return nil, m.fail("%s: expected a quoted text", name)
			}
			*to = at.text
		}
	}
	if c, found := a["CODECS"]; found {
		if !c.quoted || c.text == "" {
			return nil, m.fail("CODECS: expected a quoted list")
		}
		v.Codecs = strings.Split(c.text, ",")
	}
	if r, found := a["RESOLUTION"]; found {
		w, h, x := strings.Cut(r.text, "x")
		if r.quoted || !x {
			return nil, m.fail("RESOLUTION %q: expected WxH", clip(r.text))
		}
		if v.Width, err = m.integer(w); err != nil {
			return nil, err
		}
		if v.Height, err = m.integer(h); err != nil {
			return nil, err
		}
	}
	if v.FrameRate != "" {
		if f, err := strconv.ParseFloat(v.FrameRate, 64); err != nil || f <= 0 {
			return nil, m.fail("FRAME-RATE %q: expected a number above 0", clip(v.FrameRate))
		}
	}
	return v, nil
}

func (m *masterParser) media(value string) error {
	a, err := m.attributes(value)
	if err != nil {
		return err
	}
	r := Rendition{
		Line: m.line, Type: a["TYPE"].text, Group: a["GROUP-ID"].text, Name: a["NAME"].text, Language: a["LANGUAGE"].text,
		URI: a["URI"].text, Channels: a["CHANNELS"].text,
	}
	for _, name := range []string{"GROUP-ID", "NAME", "LANGUAGE", "URI", "CHANNELS"} {
		if at, found := a[name]; found && (!at.quoted || at.text == "") {
			return m.fail("%s: expected a quoted text", name)
		}
	}
	for name, to := range map[string]*bool{"DEFAULT": &r.Default, "AUTOSELECT": &r.Autoselect, "FORCED": new(bool)} {
		at, found := a[name]
		if found && (at.quoted || at.text != "YES" && at.text != "NO") {
			return m.fail("%s %q: expected YES or NO", name, clip(at.text))
		}
		*to = at.text == "YES"
	}
	switch {
	case !slices.Contains([]string{"AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"}, r.Type):
		return m.fail("TYPE %q: expected AUDIO, VIDEO, SUBTITLES or CLOSED-CAPTIONS", clip(r.Type))
	case r.Group == "" || r.Name == "":
		return m.fail("GROUP-ID and NAME are required")
	case r.Type == "SUBTITLES" && r.URI == "":
		return m.fail("SUBTITLES without a URI")
	case r.Type == "CLOSED-CAPTIONS" && r.URI != "":
		return m.fail("CLOSED-CAPTIONS with a URI")
	case r.Default && !r.Autoselect && a["AUTOSELECT"].text == "NO":
		return m.fail("DEFAULT=YES with AUTOSELECT=NO")
	}
	m.list.Media = append(m.list.Media, r)
	return nil
}

// CheckMaster reports what a multivariant playlist has wrong in itself.
func CheckMaster(m *Master) []Violation {
	var out []Violation
	report := func(line int, format string, args ...any) {
		out = append(out, Violation{Rule: RuleMaster, Reason: fmt.Sprintf("line %d: ", line) + fmt.Sprintf(format, args...)})
	}
	for _, v := range slices.Concat(m.Variants, m.IFrames) {
		checkVariant(m, &v, report)
	}
	names := map[[3]string]bool{}
	defaults := map[[2]string]bool{}
	for i := range m.Media {
		r := &m.Media[i]
		name, group := [3]string{r.Type, r.Group, r.Name}, [2]string{r.Type, r.Group}
		if names[name] {
			report(r.Line, "a second %s %q in the group %q", r.Type, r.Name, r.Group)
		}
		names[name] = true
		if r.Default && defaults[group] {
			report(r.Line, "a second default in the group %q", r.Group)
		}
		defaults[group] = defaults[group] || r.Default
	}
	return out
}

func checkVariant(m *Master, v *Variant, report func(line int, format string, args ...any)) {
	if v.Bandwidth == 0 || v.AverageBandwidth > v.Bandwidth {
		report(v.Line, "bandwidth %d, on average %d", v.Bandwidth, v.AverageBandwidth)
	}
	if len(v.Codecs) == 0 || slices.Contains(v.Codecs, "") {
		report(v.Line, "CODECS %q: expected every codec", v.Codecs) // A SHOULD that players depend on (§4.4.6.2).
	}
	for _, codec := range v.Codecs {
		video := slices.Contains([]string{"avc1", "avc3", "hvc1", "hev1", "vp09", "av01"}, strings.SplitN(codec, ".", 2)[0])
		if video && v.Height == 0 {
			report(v.Line, "a picture without RESOLUTION")
		}
	}
	for kind, group := range map[string]string{"AUDIO": v.Audio, "SUBTITLES": v.Subtitles} {
		if group != "" && !slices.ContainsFunc(m.Media, func(r Rendition) bool { return r.Type == kind && r.Group == group }) {
			report(v.Line, "no %s group %q", kind, group)
		}
	}
}

// CheckAligned reports where media playlists of one presentation, fetched together, do not go together (§6.2.4): all have
// the same target duration, and what has one media sequence number has one discontinuity sequence number, date and duration.
func CheckAligned(lists ...*Playlist) []Violation {
	var out []Violation
	if len(lists) == 0 {
		return nil
	}
	a := lists[0]
	report := func(sequence uint64, format string, args ...any) {
		out = append(out, Violation{Rule: RuleAligned, Sequence: sequence, Reason: fmt.Sprintf(format, args...)})
	}
	for _, b := range lists[1:] {
		if a.TargetDuration != b.TargetDuration {
			report(b.MediaSequence, "target duration %v beside %v", b.TargetDuration, a.TargetDuration)
		}
		for n := max(a.MediaSequence, b.MediaSequence); n < min(a.End(), b.End()); n++ {
			one, other := &a.Segments[n-a.MediaSequence], &b.Segments[n-b.MediaSequence]
			if one.DiscontinuitySequence != other.DiscontinuitySequence || one.Duration != other.Duration ||
				!one.ProgramDateTime.Equal(other.ProgramDateTime) {
				report(n, "segment %d: %d, %v, %v beside %d, %v, %v", n, other.DiscontinuitySequence, other.Duration, other.ProgramDateTime,
					one.DiscontinuitySequence, one.Duration, one.ProgramDateTime)
			}
		}
	}
	return out
}
