package access

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The bounds of names and passwords, in characters.
const (
	MinName     = 2
	MaxName     = 32
	MinPassword = 12
	MaxPassword = 128
)

// RuleError says which rule a name or a password breaks.
type RuleError struct {
	// Field is "username" or "password".
	Field string
	// Key is the message that tells the rule, with Args.
	Key  string
	Args []any

	text string
}

func (e *RuleError) Error() string { return e.text }

// normalise makes equal what looks equal, however a keyboard composes it.
func normalise(text string) string { return norm.NFC.String(text) }

// CheckName returns the name as it is kept (NFC, without space around it), or a *RuleError: 2 to 32
// letters, digits and . _ - @, beginning with a letter or digit. There is no space, no slash and nothing
// invisible in a name.
func CheckName(name string) (string, error) {
	bad := &RuleError{
		Field: "username", Key: "error.access.name", Args: []any{MinName, MaxName},
		text: "account name: expected 2 to 32 letters, digits, '.', '_', '-' or '@', beginning with a letter or digit",
	}
	if len(name) > 8*MaxName || !utf8.ValidString(name) {
		return "", bad
	}
	name = strings.TrimSpace(normalise(name))
	if count := utf8.RuneCountInString(name); count < MinName || count > MaxName {
		return "", bad
	}
	for i, r := range name {
		plain := unicode.IsLetter(r) || unicode.IsDigit(r)
		if !plain && (i == 0 || !unicode.IsMark(r) && !strings.ContainsRune("._-@", r)) {
			return "", bad
		}
	}
	return name, nil
}

// CheckPassword says whether a password may be chosen for an account, or is a *RuleError. Length is what
// counts (NIST SP 800-63B §3.1.1.2): nothing asks for capitals or signs, but what everybody tries first is
// refused.
func CheckPassword(password, account string) error {
	if len(password) > 8*MaxPassword || !utf8.ValidString(password) {
		return &RuleError{
			Field: "password", Key: "error.access.password-long", Args: []any{MaxPassword},
			text: "password: expected at most 128 characters",
		}
	}
	password = normalise(password)
	count := utf8.RuneCountInString(password)
	switch {
	case count < MinPassword:
		return &RuleError{
			Field: "password", Key: "error.access.password-short", Args: []any{MinPassword},
			text: "password: expected at least 12 characters",
		}
	case count > MaxPassword:
		return &RuleError{
			Field: "password", Key: "error.access.password-long", Args: []any{MaxPassword},
			text: "password: expected at most 128 characters",
		}
	case guessable(password, account):
		return &RuleError{
			Field: "password", Key: "error.access.password-weak",
			text: "password: expected one that is harder to guess: no digits alone, no common word, not the account's name",
		}
	}
	return nil
}

// leastDifferent is how many different characters a password has at least.
const leastDifferent = 5

// leastBeside is how many letters stay at least where common words are taken away.
const leastBeside = 4

// guessable says whether the password is among what is tried first: few characters again and again, digits
// alone, or a common word or the account's own name with little but digits and signs added.
func guessable(password, account string) bool {
	lower := strings.ToLower(password)
	different := map[rune]bool{}
	for _, r := range lower {
		different[r] = true
	}
	if len(different) < leastDifferent {
		return true
	}
	letters := onlyLetters(lower)
	if letters == "" {
		return true
	}
	// As it is and with the usual signs read as letters: "p@ssw0rd" is "password".
	for _, text := range []string{letters, onlyLetters(unleet(lower))} {
		rest := text
		for _, word := range append(commonWords(), strings.ToLower(account)) {
			if utf8.RuneCountInString(word) >= 2 {
				rest = strings.ReplaceAll(rest, word, "")
			}
		}
		if rest != text && utf8.RuneCountInString(rest) < leastBeside {
			return true
		}
	}
	return false
}

func onlyLetters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, text)
}

// unleet undoes the replacements that password guessers undo first.
func unleet(text string) string {
	return strings.NewReplacer("@", "a", "0", "o", "1", "i", "3", "e", "$", "s", "5", "s").Replace(text)
}

// commonWords are what people put into passwords here, in lower case.
func commonWords() []string {
	return []string{
		"password", "passwort", "administrator", "admin", "podium", "qwertyuiop", "qwerty", "asdfghjkl", "asdfgh", "zxcvbnm", "zxcvbn",
		"qazwsxedc", "qazwsx", "iqaz", "abcdefghijkl", "abcdefgh", "abcdef", "abcd", "abc", "letmein", "welcome", "iloveyou", "woaini",
		"woaizhongguo", "zhongguo", "beijing", "gongchandang", "dangyuan", "jiaoyu", "dangjian", "xuexiqiangguo", "dianshi", "edui", "edu",
		"china", "root", "user", "test", "guest", "editor", "operator", "master", "monkey", "dragon", "superman", "minio", "changeme",
		"default", "secret", "login", "密码", "管理员", "党员教育", "电视台", "中国", "共产党",
	}
}
