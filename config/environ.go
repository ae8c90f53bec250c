package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

const envPrefix = "PODIUM_"

// variable is one key that can be set from the environment.
type variable struct {
	env   string // such as PODIUM_HTTP_LISTEN
	key   string // such as http.listen
	value reflect.Value
}

// Variables lists the names of the environment's variables that set a key, in the order of the file.
func Variables() []string {
	list := variables(reflect.ValueOf(Default()).Elem(), "")
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = v.env
	}
	return out
}

// variables walks a section. Feeds and channels are lists of sections and stay in the file.
func variables(v reflect.Value, key string) []variable {
	var out []variable
	for _, f := range fieldsOf(v.Type()) {
		path, value := join(key, f.name), v.FieldByIndex(f.index)
		switch {
		case isScalar(value), value.Kind() == reflect.Slice && isScalar(reflect.New(value.Type().Elem()).Elem()):
			name := envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
			out = append(out, variable{name, path, value})
		case value.Kind() == reflect.Struct:
			out = append(out, variables(value, path)...)
		}
	}
	return out
}

// kubernetesLink is a variable that Kubernetes sets for a service whose name begins with podium.
var kubernetesLink = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_.*)?)$`)

// environment sets what the environment says over what the file says.
func (d *decoder) environment(environ []string, root reflect.Value) {
	known := variables(root, "")
	set := make([]string, 0, len(known))
	for _, pair := range environ {
		name, text, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, envPrefix) {
			continue
		}
		i := slices.IndexFunc(known, func(v variable) bool { return v.env == name })
		if i < 0 {
			d.stray(name, known)
			continue
		}
		v := known[i]
		d.override(v, text)
		set = append(set, v.key)
	}
	for _, key := range set {
		d.supersede(key, set, known)
	}
}

// override sets one key.
func (d *decoder) override(v variable, text string) {
	at := origin{file: "environment: " + v.env}
	d.problems = slices.DeleteFunc(d.problems, func(p *Problem) bool { return p.Key == v.key })
	delete(d.set.broken, v.key)
	d.set.set(v.key, at)
	if v.value.Kind() != reflect.Slice {
		if err := setScalar(v.value, text); err != nil {
			d.spoil(v.key, at, err.Error())
		}
		return
	}
	list := reflect.MakeSlice(v.value.Type(), 0, 0)
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if list.Len() == mostPrefixes {
			d.spoil(v.key, at, fmt.Sprintf("expected at most %d entries, got more", mostPrefixes))
			return
		}
		entry := reflect.New(v.value.Type().Elem()).Elem()
		if err := setScalar(entry, part); err != nil {
			d.spoil(v.key, at, err.Error())
			return
		}
		list = reflect.Append(list, entry)
	}
	v.value.Set(list)
}

// supersede clears the other way of giving a secret, where the file used that one.
func (d *decoder) supersede(key string, set []string, known []variable) {
	other, isFile := strings.CutSuffix(key, "_file")
	if !isFile {
		other = key + "_file"
	}
	if slices.Contains(set, other) {
		return
	}
	if i := slices.IndexFunc(known, func(v variable) bool { return v.key == other }); i >= 0 {
		known[i].value.SetZero()
		delete(d.set.broken, other)
	}
}

// stray refuses a variable that looks like one of Podium's and sets nothing: one that begins with the name
// of a section. Others are let be, for scripts and orchestrators name theirs alike.
func (d *decoder) stray(name string, known []variable) {
	if kubernetesLink.MatchString(name) {
		return
	}
	all, ours := make([]string, len(known)), false
	for i, v := range known {
		all[i] = v.env
		section, _, nested := strings.Cut(v.key, ".")
		ours = ours || nested && strings.HasPrefix(name, envPrefix+strings.ToUpper(section)+"_")
	}
	near := nearest(name, all)
	if !ours && near == "" {
		return
	}
	text := "sets no key"
	if near != "" {
		text += ", did you mean " + near + "?"
	}
	d.report("", origin{file: "environment: " + clip(name)}, text)
}
