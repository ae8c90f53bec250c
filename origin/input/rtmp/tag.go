package rtmp

import (
	"encoding/binary"
	"errors"
	"fmt"

	"podium.tv/podium/packager/media"
)

// tag is what one message, or one part of it, brings for a track (Adobe Flash Video File Format 10.1 §E.4, Enhanced RTMP v2).
type tag struct {
	kind    media.Kind
	track   uint8  // 0 where the message does not tell tracks apart
	codec   string // such as h264; of codecs that are not carried too
	part    part
	offset  int64 // of presentation after decoding, in milliseconds
	payload []byte
}

// part says what a tag's payload is.
type part uint8

const (
	partOther  part = iota // of no use: an end, metadata, a command to a player
	partConfig             // the decoder's configuration
	partFrame
)

var errShort = errors.New("it ends too early")

// The codecs of tags, and of their four-character codes in Enhanced RTMP.
func videoCodec(id byte) string {
	switch id {
	case 2:
		return "h263"
	case 3, 6:
		return "screen video"
	case 4, 5:
		return "vp6"
	case 7:
		return "h264"
	case 12: // Of no standard: encoders in China have long sent H.265 so.
		return "h265"
	default:
		return fmt.Sprintf("flv video %d", id)
	}
}

func audioCodec(id byte) string {
	switch id {
	case 0, 3:
		return "pcm"
	case 1:
		return "adpcm"
	case 2, 14:
		return "mp3"
	case 4, 5, 6:
		return "nellymoser"
	case 7, 8:
		return "g711"
	case 10:
		return "aac"
	case 11:
		return "speex"
	default:
		return fmt.Sprintf("flv audio %d", id)
	}
}

func fourCC(b []byte) string {
	switch code := string(b[:4]); code {
	case "avc1":
		return "h264"
	case "hvc1":
		return "h265"
	case "av01":
		return "av1"
	case "vp08":
		return "vp8"
	case "vp09":
		return "vp9"
	case "vvc1":
		return "h266"
	case "mp4a":
		return "aac"
	case "Opus":
		return "opus"
	case "ac-3":
		return "ac3"
	case "ec-3":
		return "eac3"
	case ".mp3":
		return "mp3"
	case "fLaC":
		return "flac"
	default:
		return clip(code)
	}
}

// Packet types of H.264 and AAC tags; those of Enhanced RTMP begin alike.
const (
	packetConfig    = 0
	packetFrames    = 1
	packetFramesX   = 3 // of pictures: no composition time
	packetMultiple  = 6 // of pictures
	packetMultipleA = 5 // of sound
	packetModified  = 7
)

// readTags reads the tags of a media message. What it gives refers to the body.
func readTags(m *message) ([]tag, error) {
	if len(m.body) == 0 {
		return nil, nil // Some encoders send nothing to keep a track alive.
	}
	read := readAudio
	what := "rtmp audio"
	if m.kind == kindVideo {
		read, what = readVideo, "rtmp video"
	}
	tags, err := read(m.body)
	if err != nil {
		return nil, fmt.Errorf("%s of %d bytes: %w", what, len(m.body), err)
	}
	return tags, nil
}

// commandFrame is the type of frames that are not of the stream: they tell players of seeking (§E.4.3.1).
const commandFrame = 5

func readVideo(b []byte) ([]tag, error) {
	if b[0]&0x80 != 0 {
		if b[0]>>4&7 == commandFrame {
			return nil, nil
		}
		return readExtended(media.Video, b[0]&0xF, b[1:])
	}
	if b[0]>>4 == commandFrame {
		return nil, nil
	}
	t := tag{kind: media.Video, codec: videoCodec(b[0] & 0xF)}
	if t.codec != "h264" && t.codec != "h265" {
		t.part = partFrame
		return []tag{t}, nil
	}
	if len(b) < 5 {
		return nil, errShort
	}
	t.offset, t.payload = signed24(b[2:]), b[5:]
	switch b[1] {
	case packetConfig:
		t.part = partConfig
	case packetFrames:
		t.part = partFrame
	}
	return []tag{t}, nil
}

// extendedSound is the sound format that says that a tag is of Enhanced RTMP.
const extendedSound = 9

func readAudio(b []byte) ([]tag, error) {
	if b[0]>>4 == extendedSound {
		return readExtended(media.Audio, b[0]&0xF, b[1:])
	}
	t := tag{kind: media.Audio, codec: audioCodec(b[0] >> 4), part: partFrame, payload: b[1:]}
	if t.codec != "aac" {
		return []tag{t}, nil
	}
	if len(b) < 2 {
		return nil, errShort
	}
	t.payload = b[2:]
	switch b[1] {
	case packetConfig:
		t.part = partConfig
	case packetFrames:
	default:
		t.part = partOther
	}
	return []tag{t}, nil
}

// readExtended reads what follows the first byte of a tag of Enhanced RTMP.
func readExtended(kind media.Kind, packet byte, b []byte) ([]tag, error) {
	packet, b, err := skipModifiers(packet, b)
	if err != nil {
		return nil, err
	}
	multiple := byte(packetMultiple)
	if kind == media.Audio {
		multiple = packetMultipleA
	}
	if packet == multiple {
		return readTracks(kind, b)
	}
	if len(b) < 4 {
		return nil, errShort
	}
	t, err := extendedTag(kind, packet, fourCC(b), b[4:])
	return []tag{t}, err
}

// skipModifiers goes past what refines a packet, such as its time in nanoseconds.
func skipModifiers(packet byte, b []byte) (byte, []byte, error) {
	for packet == packetModified {
		if len(b) < 1 {
			return 0, nil, errShort
		}
		size := int(b[0]) + 1
		b = b[1:]
		if size == 256 {
			if len(b) < 2 {
				return 0, nil, errShort
			}
			size = int(binary.BigEndian.Uint16(b)) + 1
			b = b[2:]
		}
		if len(b) < size+1 {
			return 0, nil, errShort
		}
		packet, b = b[size]&0xF, b[size+1:]
	}
	return packet, b, nil
}

// How a message holds several tracks.
const (
	oneTrack         = 0
	manyTracks       = 1
	manyTracksCodecs = 2
)

// readTracks reads a message that tells tracks apart.
func readTracks(kind media.Kind, b []byte) ([]tag, error) {
	if len(b) < 1 {
		return nil, errShort
	}
	form, packet := b[0]>>4, b[0]&0xF
	b = b[1:]
	if form > manyTracksCodecs {
		return nil, fmt.Errorf("multitrack form %d: 0 to 2 expected", form)
	}
	var codec string
	if form != manyTracksCodecs {
		if len(b) < 4 {
			return nil, errShort
		}
		codec, b = fourCC(b), b[4:]
	}
	var tags []tag
	for len(b) > 0 && len(tags) < 2*media.MaxTracks {
		if form == manyTracksCodecs {
			if len(b) < 4 {
				return nil, errShort
			}
			codec, b = fourCC(b), b[4:]
		}
		if len(b) < 1 {
			return nil, errShort
		}
		id, rest := b[0], b[1:]
		own := rest
		rest = nil
		if form != oneTrack {
			if len(own) < 3 || len(own)-3 < int(uint24(own)) {
				return nil, errShort
			}
			size := int(uint24(own))
			own, rest = own[3:3+size], own[3+size:]
		}
		t, err := extendedTag(kind, packet, codec, own)
		if err != nil {
			return nil, err
		}
		t.track = id
		tags = append(tags, t)
		b = rest
	}
	return tags, nil
}

// extendedTag reads what follows a four-character code.
func extendedTag(kind media.Kind, packet byte, codec string, b []byte) (tag, error) {
	t := tag{kind: kind, codec: codec, payload: b}
	switch {
	case packet == packetConfig:
		t.part = partConfig
	case packet == packetFrames && kind == media.Video && (codec == "h264" || codec == "h265" || codec == "h266"):
		if len(b) < 3 {
			return t, errShort
		}
		t.part, t.offset, t.payload = partFrame, signed24(b), b[3:]
	case packet == packetFrames, packet == packetFramesX && kind == media.Video:
		t.part = partFrame
	}
	return t, nil
}

// signed24 reads a composition time, which may be negative (ISO 14496-12 §8.6.1.3, version 1).
func signed24(b []byte) int64 { return int64(int32(uint24(b)<<8) >> 8) }
