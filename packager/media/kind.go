package media

// Kind says whether a track is watched, heard or read.
type Kind uint8

// The kinds of track a timeline carries.
const (
	Video Kind = iota + 1
	Audio
	// Text is shown over the picture. A text track has a sample only where there is text, and never decides where to cut.
	Text
)

// String is the kind's lower-case name.
func (k Kind) String() string {
	switch k {
	case Video:
		return "video"
	case Audio:
		return "audio"
	case Text:
		return "text"
	default:
		return "unknown"
	}
}
