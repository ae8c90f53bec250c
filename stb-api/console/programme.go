package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"podium.tv/podium/stb-api/problem"
	"podium.tv/podium/storage/catalogue"
)

// Programme is one item of a day as editors read it.
type Programme struct {
	ID          string `json:"id"`
	Channel     string `json:"channel,omitempty"`
	Title       string `json:"title"`
	Subtitle    string `json:"subtitle"`
	Description string `json:"description"`
	Lecturer    string `json:"lecturer"`
	Category    string `json:"category"`
	Series      string `json:"series"`
	// Repeat says that it was shown before.
	Repeat bool `json:"repeat"`
	// Start and End are RFC 3339 in UTC.
	Start string `json:"start"`
	End   string `json:"end"`
}

func toProgramme(p catalogue.Programme) Programme {
	return Programme{
		ID: p.ID, Channel: p.Channel, Title: p.Title, Subtitle: p.Subtitle, Description: p.Description, Lecturer: p.Lecturer,
		Category: p.Category, Series: p.Series, Repeat: p.Repeat,
		Start: p.Start.UTC().Format(time.RFC3339), End: p.End.UTC().Format(time.RFC3339),
	}
}

// Change is one item of a day as an editor sends it. What is left out of an item that was there before stays
// as it was: a page that does not know a field does not empty it.
type Change struct {
	// ID is that of an item that was there, or empty or new for a new one.
	ID          string  `json:"id"`
	Channel     string  `json:"channel"`
	Title       *string `json:"title"`
	Subtitle    *string `json:"subtitle"`
	Description *string `json:"description"`
	Lecturer    *string `json:"lecturer"`
	Category    *string `json:"category"`
	Series      *string `json:"series"`
	Repeat      *bool   `json:"repeat"`
	Start       *string `json:"start"`
	End         *string `json:"end"`
}

// over puts the change over what was there.
func (c Change) over(before Programme) Programme {
	before.ID, before.Channel = c.ID, c.Channel
	for _, text := range []struct{ to, from *string }{
		{&before.Title, c.Title},
		{&before.Subtitle, c.Subtitle},
		{&before.Description, c.Description},
		{&before.Lecturer, c.Lecturer},
		{&before.Category, c.Category},
		{&before.Series, c.Series},
		{&before.Start, c.Start},
		{&before.End, c.End},
	} {
		if text.from != nil {
			*text.to = *text.from
		}
	}
	if c.Repeat != nil {
		before.Repeat = *c.Repeat
	}
	return before
}

// merge puts the changes of a day over its programmes.
func merge(before []Programme, changes []Change) []Programme {
	known := make(map[string]Programme, len(before))
	for _, p := range before {
		known[p.ID] = p
	}
	merged := make([]Programme, len(changes))
	for i, change := range changes {
		merged[i] = change.over(known[change.ID])
	}
	return merged
}

// mostProgrammes bounds a day: one every three minutes.
const mostProgrammes = 480

// The rules of texts, in characters.
const (
	mostTitle       = 200
	mostName        = 100
	mostDescription = 4000
)

// read checks the programmes of a day and returns them as they are kept, in the order they came in. The
// error is a problem that names the field with its index.
func read(day day, channel string, programmes []Programme) ([]catalogue.Programme, error) {
	kept := make([]catalogue.Programme, len(programmes))
	ids := map[string]bool{}
	for i, p := range programmes {
		read, err := readOne(day, channel, p)
		if err != nil {
			return nil, err.WithField(fmt.Sprintf("programmes[%d].%s", i, err.Field))
		}
		if read.ID != "" && ids[read.ID] {
			return nil, problem.New(http.StatusUnprocessableEntity, "error.programme.id").WithField(field(i, "id"))
		}
		ids[read.ID] = true
		kept[i] = read
	}
	return kept, overlap(day, kept)
}

func field(index int, name string) string { return fmt.Sprintf("programmes[%d].%s", index, name) }

// readOne checks one programme. The problem's field is the name inside the programme.
func readOne(day day, channel string, p Programme) (catalogue.Programme, *problem.Error) {
	made := catalogue.Programme{ID: p.ID, Channel: channel, Repeat: p.Repeat}
	if p.Channel != "" && p.Channel != channel {
		return made, problem.New(http.StatusUnprocessableEntity, "error.programme.channel").WithField("channel")
	}
	if !validID(p.ID) {
		return made, problem.New(http.StatusUnprocessableEntity, "error.programme.id").WithField("id")
	}
	for _, text := range []struct {
		name        string
		from        string
		to          *string
		least, most int
		lines       bool
	}{
		{"title", p.Title, &made.Title, 1, mostTitle, false},
		{"subtitle", p.Subtitle, &made.Subtitle, 0, mostTitle, false},
		{"description", p.Description, &made.Description, 0, mostDescription, true},
		{"lecturer", p.Lecturer, &made.Lecturer, 0, mostName, false},
		{"category", p.Category, &made.Category, 0, mostName, false},
		{"series", p.Series, &made.Series, 0, mostName, false},
	} {
		*text.to = strings.TrimSpace(text.from)
		count := utf8.RuneCountInString(*text.to)
		if count < text.least || count > text.most {
			return made, problem.New(http.StatusUnprocessableEntity, "error.programme.text", text.least, text.most).WithField(text.name)
		}
		if !utf8.ValidString(*text.to) || strings.ContainsFunc(*text.to, func(r rune) bool { return forbidden(r, text.lines) }) {
			return made, problem.New(http.StatusUnprocessableEntity, "error.programme.control").WithField(text.name)
		}
	}
	for _, at := range []struct {
		name string
		from string
		to   *time.Time
	}{{"start", p.Start, &made.Start}, {"end", p.End, &made.End}} {
		parsed, err := time.Parse(time.RFC3339, at.from)
		if err != nil || len(at.from) > 40 {
			return made, problem.New(http.StatusUnprocessableEntity, "error.programme.time").WithField(at.name).
				WithExpected("error.programme.time.expected", day.from.Format(time.RFC3339))
		}
		*at.to = parsed.UTC().Truncate(time.Millisecond)
	}
	if made.Start.Before(day.from) || !made.Start.Before(day.to) {
		return made, problem.New(http.StatusUnprocessableEntity, "error.programme.day", made.Title, day.date).WithField("start")
	}
	if length := made.End.Sub(made.Start); length < time.Second || length > catalogue.LongestProgramme {
		return made, problem.New(http.StatusUnprocessableEntity, "error.programme.length", made.Title).WithField("end")
	}
	return made, nil
}

// forbidden says which characters no text may have: controls, and what turns the direction of writing, with
// which a title could show something else than it says.
func forbidden(r rune, lines bool) bool {
	if lines && (r == '\n' || r == '\t' || r == '\r') {
		return false
	}
	return unicode.IsControl(r) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069)
}

// validID is the form that the catalogue keeps.
func validID(id string) bool {
	if len(id) > 64 {
		return false
	}
	for i, r := range []byte(id) {
		plain := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !plain && (i == 0 || !strings.ContainsRune("._-", rune(r))) {
			return false
		}
	}
	return true
}

// overlap finds the first two that want the same time and names both.
func overlap(day day, programmes []catalogue.Programme) error {
	order := make([]int, len(programmes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return programmes[a].Start.Compare(programmes[b].Start) })
	for i := 1; i < len(order); i++ {
		first, second := programmes[order[i-1]], programmes[order[i]]
		if second.Start.Before(first.End) {
			return overlapping(day, first, second, order[i])
		}
	}
	return nil
}

func overlapping(day day, first, second catalogue.Programme, index int) *problem.Error {
	return problem.New(http.StatusUnprocessableEntity, "error.programme.overlap",
		first.Title, day.clock(first.End), second.Title, day.clock(second.Start)).WithField(field(index, "start"))
}
