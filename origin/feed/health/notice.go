package health

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Notice is something to say to people: a message's key, health.{Code}, and what stands in its places. Pages show it in their
// reader's language, logs in English.
type Notice struct {
	Code string
	Args []string
}

// Key is the notice's key in the message file; empty where there is nothing to say.
func (n Notice) Key() string {
	if n.Code == "" {
		return ""
	}
	return "health." + n.Code
}

// String is the notice in English.
func (n Notice) String() string {
	text := English(n.Code)
	for i, arg := range n.Args {
		text = strings.ReplaceAll(text, "{"+strconv.Itoa(i)+"}", arg)
	}
	return text
}

// What is wrong with a source.
const (
	NoVideo      = "no-video"
	NoAudio      = "no-audio"
	Standing     = "standing"
	LongGOP      = "long-gop"
	SlowPictures = "slow-pictures"
	Loss         = "loss"
	Errors       = "errors"
	ShortLatency = "short-latency"
	Uneven       = "uneven"
	Skewed       = "skewed"
	Black        = "black"
	Silent       = "silent"
)

// What to do about an error.
const (
	AdviseNobody      = "advise.nobody"
	AdviseKey         = "advise.key"
	AdviseAttempts    = "advise.attempts"
	AdviseTaken       = "advise.taken"
	AdviseFull        = "advise.full"
	AdviseUnknownFeed = "advise.unknown-feed"
	AdviseGuard       = "advise.guard"
	AdviseTracks      = "advise.tracks"
	AdviseParameters  = "advise.parameters"
	AdviseKeyFrames   = "advise.key-frames"
	AdviseFrozen      = "advise.no-frames"
	AdviseCodec       = "advise.codec"
	AdviseSlow        = "advise.slow"
	AdviseLoss        = "advise.loss"
	AdviseBroken      = "advise.broken"
	AdviseRefused     = "advise.connection-refused"
	AdviseUnreachable = "advise.unreachable"
	AdviseTimeout     = "advise.timeout"
	AdviseName        = "advise.name"
	AdviseCertificate = "advise.certificate"
	AdviseCredentials = "advise.credentials" //nolint:gosec // a message's key
	AdvisePath        = "advise.path"
	AdviseClosed      = "advise.closed"
	AdvisePassphrase  = "advise.passphrase"
	AdviseListening   = "advise.listening"
	AdviseClock       = "advise.clock"
	AdviseOneClock    = "advise.one-clock"
	AdviseDisk        = "advise.disk"
	AdviseMemory      = "advise.too-large"
	AdviseNotTS       = "advise.not-ts"
	AdviseProgram     = "advise.program"
	AdviseEncrypted   = "advise.encrypted"
	AdviseDatagrams   = "advise.datagrams"
	AdviseEnded       = "advise.ended"
	AdviseFile        = "advise.file"
	AdviseProtocol    = "advise.protocol"
	AdviseLimit       = "advise.limit"
)

// English is a code's text, with {0} and so on where its arguments go. The message file has the same beside the Chinese one.
func English(code string) string { return texts()[code] }

// Codes are all there are.
func Codes() []string {
	return slices.Sorted(maps.Keys(texts()))
}

func texts() map[string]string {
	return map[string]string{
		NoVideo:  "No picture for {0} s: look whether the encoder runs and its network is up.",
		NoAudio:  "No sound for {0} s: look at the encoder's audio input.",
		Standing: "Pictures come, but their time stamps have stood still for {0} s: restart the encoder.",
		LongGOP:  "Key frames come every {0} s: set the encoder's key frame interval to 2 s.",
		SlowPictures: "{0} pictures a second come instead of {1}: the encoder is overloaded, or the network full. " +
			"Lower the picture's size or the bit rate.",
		Loss: "{0} % of packets are lost: use a cable instead of Wi-Fi, lower the bit rate, or send by SRT, " +
			"which asks for lost packets again.",
		Errors:       "{0} packets were lost or broken in the last minute: check cable, switch and encoder.",
		ShortLatency: "A latency of {0} ms is short for a round trip of {1} ms: set it to {2} ms or more on both ends.",
		Uneven:       "Pictures come unevenly, by {0} ms: the network is crowded, or the encoder sends in bursts.",
		Skewed:       "Sound and picture are stamped {0} s apart: use an encoder that takes both from one clock.",
		Black:        "The picture has been black for {0} s: look at the camera, its cable and lens cap.",
		Silent:       "The sound has been digital silence for {0} s: look whether the mixer is muted or its cable is out.",

		AdviseNobody:      "Start the encoder, with the address and the stream key that the console shows.",
		AdviseKey:         "Copy the stream key anew from the console; if it was lost, make a new one.",
		AdviseAttempts:    "Wait a few minutes, then try again with the right stream key.",
		AdviseTaken:       "Another encoder is sending: stop it first, or allow take-over in the configuration.",
		AdviseFull:        "Stop an encoder that is not needed, or raise the limit of publishers in the configuration.",
		AdviseUnknownFeed: "Correct the feed's name in the encoder's address; the console shows the whole address.",
		AdviseGuard:       "The address is not allowed to be pulled from: if it is yours, allow it in the configuration.",
		AdviseTracks:      "Set the encoder to H.264 or H.265 video with AAC sound.",
		AdviseParameters:  "Set the encoder to repeat its parameter sets (SPS and PPS) with each key frame.",
		AdviseKeyFrames:   "Set the encoder's key frame interval (GOP) to 2 s, and to real IDR pictures instead of intra refresh.",
		AdviseFrozen:      "The connection is up but empty: look whether the camera is plugged into the encoder.",
		AdviseCodec:       "Set the encoder to a codec that set-top boxes play: H.264 video, AAC sound.",
		AdviseSlow:        "This machine is too busy: look at its processor and disk.",
		AdviseLoss:        "Packets are lost on the way: use a cable, lower the bit rate, or pull by TCP or SRT.",
		AdviseBroken:      "What comes cannot be read: restart the encoder; if it goes on, update it.",
		AdviseRefused:     "Nobody listens there: look whether the device is on, and at the port in the address.",
		AdviseUnreachable: "There is no way to the device: check cable, address and firewall.",
		AdviseTimeout:     "The other end does not answer in time: check its power, the network and the firewall.",
		AdviseName:        "The host's name is not known: check how it is spelt, or use its IP address.",
		AdviseCertificate: "The server's certificate is not trusted: give its fingerprint or authority in the configuration.",
		AdviseCredentials: "Correct the user name and password of this address.",
		AdvisePath:        "The server has no such stream: correct the path in the address.",
		AdviseClosed:      "The other end hung up: look whether the encoder was stopped or restarted, and whether its network is steady.",
		AdvisePassphrase:  "Use the same passphrase (10 to 79 characters) on both ends.",
		AdviseListening:   "The port is taken by another program: choose another port, or stop the other program.",
		AdviseClock:       "Set the encoder's clock by NTP.",
		AdviseOneClock:    "Sound and picture are of different clocks: use an encoder that takes both in.",
		AdviseDisk:        "Look at the disk and the object store: is there room, do they answer?",
		AdviseMemory:      "Lower the bit rate, or set the key frame interval to 2 s.",
		AdviseNotTS:       "Set the sender to MPEG-TS.",
		AdviseProgram:     "The stream has other programs: correct the program's number in the configuration.",
		AdviseEncrypted:   "The stream is encrypted: ask its provider for a clear one.",
		AdviseDatagrams:   "No packets get through: open the UDP port in the firewall, and check network interface and multicast.",
		AdviseEnded:       "The portal has ended the stream: look at its page, or give another address.",
		AdviseFile:        "Look whether the file is there, lies in a folder of inputs.folders, and is MP4, MOV or MPEG-TS.",
		AdviseProtocol:    "The other end speaks another protocol: check the beginning of the address, and the port.",
		AdviseLimit:       "Lower the bit rate or the number of tracks, or raise the limit in the configuration.",
	}
}
