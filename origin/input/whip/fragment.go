package whip

import (
	"fmt"
	"strings"
)

// MaxFragment bounds what is trickled at once.
const MaxFragment = 16 << 10

// Patch takes what a client found out about its own addresses (RFC 9725 §4.3), and checks that it is well formed. There is
// nothing to do with it: a lite agent learns them from the checks that come from there (RFC 8445 §7.3.1.3).
func (s *Server) Patch(feed, id, fragment string) error {
	one, err := s.find(feed, id)
	if err != nil {
		return err
	}
	ufrag, err := readFragment(fragment)
	if err != nil {
		return err
	}
	if ufrag != "" && one.ufrag != "" && ufrag != one.ufrag {
		return ErrRestart
	}
	return nil
}

// ETag is the entity tag of a session's ICE session.
func (s *Server) ETag(feed, id string) (string, error) {
	one, err := s.find(feed, id)
	if err != nil {
		return "", err
	}
	return one.etag, nil
}

// readFragment gives the user fragment that an SDP fragment (RFC 8840 §9) is of; it may have none.
func readFragment(text string) (ufrag string, err error) {
	if len(text) > MaxFragment {
		return "", fmt.Errorf("%w: %d bytes, at most %d are taken", ErrFragment, len(text), MaxFragment)
	}
	lines := 0
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		lines++
		if len(line) < 2 || line[1] != '=' || line[0] != 'a' && line[0] != 'm' {
			return "", fmt.Errorf("%w: %.40q", ErrFragment, line)
		}
		if value, ok := strings.CutPrefix(line, "a=ice-ufrag:"); ok {
			if value = strings.TrimSpace(value); value == "" || len(value) > 256 {
				return "", fmt.Errorf("%w: %.40q", ErrFragment, line)
			}
			ufrag = value
		}
	}
	if lines == 0 {
		return "", fmt.Errorf("%w: it is empty", ErrFragment)
	}
	return ufrag, nil
}
