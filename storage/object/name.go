package object

import (
	"fmt"
	"strings"
)

const (
	maxName     = 512 // bytes
	maxNamePart = 128 // bytes
)

// CheckName says whether name is a safe object name: slash-separated parts of 1 to 128 bytes of [A-Za-z0-9._=-],
// none of them "." or "..", 512 bytes in all. The error wraps ErrBadName. Every store calls it first, so that no
// other name reaches a disk or a network: '%' (encoded dots), '\' (Windows), NUL, spaces and bytes above 127 are
// outside the alphabet, and an absolute name begins with an empty part.
func CheckName(name string) error {
	if name == "" {
		return badName(name, "it is empty")
	}
	if len(name) > maxName {
		return badName(name, fmt.Sprintf("it has %d bytes, expected at most %d", len(name), maxName))
	}
	for part := range strings.SplitSeq(name, "/") {
		if err := checkPart(name, part); err != nil {
			return err
		}
	}
	return nil
}

// CheckPrefix says whether prefix can begin an object name; the empty one begins all. The error wraps ErrBadName.
func CheckPrefix(prefix string) error {
	if len(prefix) > maxName {
		return badName(prefix, fmt.Sprintf("it has %d bytes, expected at most %d", len(prefix), maxName))
	}
	dir, last := splitPrefix(prefix)
	if dir != "" {
		if err := CheckName(dir); err != nil {
			return err
		}
	}
	// "." and ".." alone can still begin a good part, such as "..a".
	if last == "" || last == "." || last == ".." {
		return nil
	}
	return checkPart(prefix, last)
}

func checkPart(name, part string) error {
	switch {
	case part == "":
		return badName(name, "it has an empty part")
	case part == "." || part == "..":
		return badName(name, fmt.Sprintf("it has the part %q", part))
	case len(part) > maxNamePart:
		return badName(name, fmt.Sprintf("it has a part of %d bytes, expected at most %d", len(part), maxNamePart))
	}
	for i := range len(part) {
		if !nameByte(part[i]) {
			return badName(name, fmt.Sprintf("it has the byte %q, expected one of [A-Za-z0-9._=-]", part[i]))
		}
	}
	return nil
}

func nameByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == '.' || c == '_' || c == '=' || c == '-'
}

// splitPrefix splits "a/b/c" into the folder "a/b" and the beginning "c" of a part.
func splitPrefix(prefix string) (dir, last string) {
	i := strings.LastIndexByte(prefix, '/')
	if i < 0 {
		return "", prefix
	}
	if i == 0 {
		return "/", prefix[1:] // refused: CheckName("/")
	}
	return prefix[:i], prefix[i+1:]
}

func badName(name, why string) error {
	if len(name) > 80 {
		name = name[:80] + "..."
	}
	return fmt.Errorf("%w: %q: %s", ErrBadName, name, why)
}
