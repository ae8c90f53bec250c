package socket

import "strconv"

// Reason is why a call is refused: the codes of draft-sharabayko-srt-01 table 7, and those of Haivision's access_control.h.
type Reason uint32

// The reasons that are given here.
const (
	Resource     Reason = 1003
	Rogue        Reason = 1004
	Internal     Reason = 1006
	Closing      Reason = 1007
	Version      Reason = 1008
	BadSecret    Reason = 1010
	Unsecure     Reason = 1011
	MessageAPI   Reason = 1012
	Congestion   Reason = 1013
	BadRequest   Reason = 1400
	Unauthorized Reason = 1401
	Overload     Reason = 1402
	Forbidden    Reason = 1403
	NotFound     Reason = 1404
	BadMode      Reason = 1405
	Conflict     Reason = 1409 // libsrt's SRT_REJX_CONFLICT; gosrt has 1407 by mistake.
	Unavailable  Reason = 1503
)

// String says it in words.
func (r Reason) String() string {
	switch r {
	case Resource, Overload:
		return "it has no room for another connection"
	case Rogue, BadRequest:
		return "it cannot read the request"
	case Internal:
		return "it failed"
	case Closing:
		return "it is stopping"
	case Version:
		return "the SRT version is too old"
	case BadSecret:
		return "the passphrase is wrong"
	case Unsecure:
		return "one side encrypts and the other does not"
	case MessageAPI, Congestion:
		return "live mode is expected"
	case Unauthorized:
		return "the key is wrong"
	case Forbidden:
		return "it is not allowed"
	case NotFound:
		return "there is no such stream"
	case BadMode:
		return "that mode is not offered"
	case Conflict:
		return "the stream is in use"
	case Unavailable:
		return "it is not ready"
	default:
		return "reason " + strconv.FormatUint(uint64(r), 10)
	}
}
