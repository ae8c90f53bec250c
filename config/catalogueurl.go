package config

import (
	"log/slog"
	"net/url"
	"strings"
)

// CatalogueURL is a database's address: sqlite://PATH, or postgres://... as libpq has it. It prints without
// its password; Full is the whole. Empty is the default database.
type CatalogueURL struct{ text string }

// Full is the address with its password.
func (u CatalogueURL) Full() string { return u.text }

// IsZero says that the default database is meant.
func (u CatalogueURL) IsZero() bool { return u.text == "" }

// SQLite is the path of an SQLite address, or false.
func (u CatalogueURL) SQLite() (string, bool) { return strings.CutPrefix(u.text, "sqlite://") }

// String hides the password.
func (u CatalogueURL) String() string {
	if _, ok := u.SQLite(); ok || u.text == "" {
		return u.text
	}
	v, err := url.Parse(u.text)
	if err != nil {
		return hidden
	}
	if query := v.Query(); query.Has("password") { // libpq takes the password as a parameter as well.
		query.Set("password", "xxxxx")
		v.RawQuery = query.Encode()
	}
	return v.Redacted()
}

// GoString hides the password from %#v.
func (u CatalogueURL) GoString() string { return "config.CatalogueURL{" + u.String() + "}" }

// LogValue hides the password from logs.
func (u CatalogueURL) LogValue() slog.Value { return slog.StringValue(u.String()) }

// MarshalText hides the password.
func (u CatalogueURL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *CatalogueURL) UnmarshalText(text []byte) error {
	s := string(text)
	if path, ok := strings.CutPrefix(s, "sqlite://"); s == "" || ok && path != "" && !strings.ContainsAny(path, "?\x00") {
		u.text = s
		return nil
	}
	v, err := url.Parse(s)
	if err != nil || (v.Scheme != "postgres" && v.Scheme != "postgresql") {
		return mismatch(u, text)
	}
	u.text = s
	return nil
}

func (*CatalogueURL) expected() string {
	return "sqlite://PATH or postgres://user:password@host:5432/database"
}

func (*CatalogueURL) conceal(text string) string {
	if strings.Contains(text, "@") || strings.Contains(text, "password") {
		return "one that is not shown here"
	}
	return quote(text)
}
