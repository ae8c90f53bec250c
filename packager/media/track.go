package media

// Track is one elementary stream of a feed or an asset.
type Track struct {
	// ID is the track's number, from 1, and is the track_ID of its CMAF form (ISO 14496-12 §8.3.2).
	ID int

	// Timescale is the number of units in one second of the track's media time: 90,000 for video,
	// the sampling rate for audio, anything from 1,000 for text.
	Timescale int

	// Language is an RFC 5646 tag, or empty where the input does not tell.
	Language string

	// Codec holds the codec and its parameters.
	Codec Codec
}

// Kind says whether the track is video, audio or text.
func (t Track) Kind() Kind { return t.Codec.Kind() }
