package config

// ID names a feed or a channel in URLs, object names and metrics: 1 to 32 of a-z, 0-9 and "-".
type ID string

const longestID = 32

func (*ID) expected() string { return "1 to 32 of the characters a-z, 0-9 and -" }

// UnmarshalText implements encoding.TextUnmarshaler.
func (i *ID) UnmarshalText(text []byte) error {
	if len(text) == 0 || len(text) > longestID {
		return mismatch(i, text)
	}
	for _, c := range text {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return mismatch(i, text)
		}
	}
	*i = ID(text)
	return nil
}
