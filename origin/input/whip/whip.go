// Package whip lets editors go live from a browser, or from OBS, by the WebRTC-HTTP ingestion protocol (RFC 9725).
//
// It is the protocol without its HTTP: a Server takes an offer and gives an answer, and whoever mounts it speaks HTTP. It is
// an ICE lite agent (RFC 8445 §2.5): it never sends to an address that an offer names, only to where checks came from.
package whip

import "errors"

// MaxOffer bounds what a client may send as an offer; Chromium's are of 6 kB.
const MaxOffer = 64 << 10

// Why an offer is not taken, besides what the desk says.
var (
	// ErrOffer means that the offer cannot be read, or asks for what is no ingestion.
	ErrOffer = errors.New("not an offer of one video and one audio track")
	// ErrNoVideoCodec means that the client offers video, but neither H.264 nor H.265.
	ErrNoVideoCodec = errors.New("the client offers neither H.264 nor H.265")
	// ErrNoAudioCodec means that the client offers audio, but no Opus.
	ErrNoAudioCodec = errors.New("the client offers no Opus audio")
	// ErrSession means that there is no such session, or no more.
	ErrSession = errors.New("there is no such session")
	// ErrFragment means that a trickled fragment cannot be read.
	ErrFragment = errors.New("not a fragment of a session description (RFC 8840)")
	// ErrRestart means that a client wants to restart ICE, which is not supported: a new session takes as long.
	ErrRestart = errors.New("ice is not restarted: publish anew")
	// ErrUnreachable means that the client never reached the media port.
	ErrUnreachable = errors.New("no media connection came about: is the UDP port of whip.udp open, and whip.public_addresses right?")
	// ErrVanished means that the client was heard of no more.
	ErrVanished = errors.New("the client is not heard of any more")
)
