package media

// Kind says whether a track is watched or heard.
type Kind uint8

// The kinds of track a timeline carries.
const (
	Video Kind = iota + 1
	Audio
)

// String is the kind's lower-case name.
func (k Kind) String() string {
	switch k {
	case Video:
		return "video"
	case Audio:
		return "audio"
	default:
		return "unknown"
	}
}
