// Package elementary turns access units and audio frames, by whatever wire they came, into the samples and tracks that a feed
// takes.
//
// Video samples hold the slices and the SEI messages of an access unit. Access unit delimiters, filler and the
// parameter sets that the track's codec already tells are left out; a picture parameter set with another id
// than the codec's stays in, because pictures refer to it. Access units without a picture are not samples.
package elementary

import "podium.tv/podium/packager/media"

// Essence knows one track's codec.
type Essence interface {
	// Codec is nil while the parameters are not known. It is another one when they have changed.
	Codec() media.Codec
	// Timescale is the track's; zero while it is not known.
	Timescale() int
}

// Video is an Essence of pictures. Its times are of 90 kHz.
type Video interface {
	Essence
	// Sample makes a sample of an access unit (NAL units without start codes) that is presented at pts, and whose decoding
	// time the wire does not tell: it is found. It is false where the access unit is not a sample: nothing but parameter
	// sets in it, or undecodable because the pictures before it are missing. The units' bytes go on with the sample.
	Sample(units [][]byte, pts int64) (media.Sample, bool, error)
	// SampleAt is Sample for a wire that tells the decoding time.
	SampleAt(units [][]byte, pts, dts int64) (media.Sample, bool, error)
	// Offer takes parameter sets that were told outside of the stream.
	Offer(sets ...[]byte)
	// Lost tells that pictures are missing before the next.
	Lost()
	// Waiting says that pictures are dropped until a random access point comes.
	Waiting() bool
}

// Audio is an Essence of sound. Its times are of its timescale.
type Audio interface {
	Essence
	// Frame makes a sample of one frame without framing (of AAC: without ADTS), presented at pts, and tells how long it
	// lasts. Those that learn from their frames what they are do so here, so that Codec is known after it.
	Frame(frame []byte, pts int64) (s media.Sample, duration int64, err error)
}
