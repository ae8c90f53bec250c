package rtmp

// The types of messages (RTMP 1.0 §5.4, §6.2, §7.1).
const (
	kindChunkSize    = 1
	kindAbort        = 2
	kindAcknowledged = 3
	kindUserControl  = 4
	kindWindow       = 5
	kindBandwidth    = 6
	kindAudio        = 8
	kindVideo        = 9
	kindDataAMF3     = 15
	kindCommandAMF3  = 17
	kindDataAMF0     = 18
	kindCommandAMF0  = 20
)

// message is one message of a connection. Its body is nobody else's.
type message struct {
	kind  uint8
	stamp uint32 // milliseconds, of an arbitrary beginning
	body  []byte
}

func (m *message) isMedia() bool { return m.kind == kindAudio || m.kind == kindVideo }

// limits bound the messages of a connection, by type.
type limits struct {
	command int // commands, metadata and all that is neither picture nor sound
	audio   int
	video   int
	total   int // of all messages that are not complete
}

// strangerLimits are those of a peer that has shown no key: commands are a few hundred bytes. A command is also what keeps
// gortmplib's recursive reading of AMF from using up the stack.
func strangerLimits() limits {
	return limits{command: 32 << 10, total: 64 << 10}
}

// mediaLimits are those of a peer that sends media. The length of a message has 24 bits; a key frame of 4K at 100 Mbit/s has less
// than 8 MiB, and an AAC frame of 8 channels 6 KiB.
func mediaLimits() limits {
	return limits{command: 64 << 10, audio: 256 << 10, video: 16<<20 - 1, total: 17 << 20}
}

func (l limits) of(kind uint8) int {
	switch kind {
	case kindAudio:
		return l.audio
	case kindVideo:
		return l.video
	default:
		return l.command
	}
}
