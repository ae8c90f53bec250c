package config

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Load reads the configuration at path, the environment over it ("KEY=value", as os.Environ gives it), and
// the secrets' files, and checks it all. Its error is a Problems where the file could be read.
func Load(path string, environ []string) (*Config, error) {
	b, err := readFile(path, maxFile)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	c, problems := read(path, b, environ)
	if !c.set.broken[""] {
		problems = append(problems, c.readSecrets()...)
	}
	return c.checked(problems)
}

// readFile reads a regular file, or a pipe, of at most so many bytes.
func readFile(path string, most int64) (b []byte, err error) {
	f, err := os.Open(path) //nolint:gosec // The operator names the file.
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if b, err = io.ReadAll(io.LimitReader(f, most+1)); err != nil {
		return nil, err
	}
	if int64(len(b)) > most {
		return nil, fmt.Errorf("%s: expected at most %s, got more", path, Size(most))
	}
	return b, nil
}
