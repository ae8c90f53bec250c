package mpegts

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"podium.tv/podium/origin/input/elementary"
)

// adts reads AAC frames with their headers (ISO 14496-3 §1.A.2.2).
type adts struct {
	elementary.AAC
	known adtsConfig
	next  adtsConfig // seen once
}

// adtsConfig is what of a header describes the sound.
type adtsConfig struct {
	object, rate, channels byte
	set                    bool
}

// Lengths of a header, without and with a CRC.
const (
	adtsHeader    = 7
	adtsHeaderCRC = 9
)

func (*adts) size(b []byte) (int, bool) {
	if b[0] != 0xff || len(b) > 1 && b[1]&0xf6 != 0xf0 {
		return 0, false
	}
	if len(b) < adtsHeader {
		return 0, true
	}
	n := int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5])>>5
	return n, n > adtsHeader && b[2]>>2&0x0f <= 12
}

func (e *adts) frames(dst [][]byte, unit []byte) ([][]byte, error) {
	head := adtsHeader
	if unit[1]&1 == 0 {
		head = adtsHeaderCRC
	}
	if len(unit) <= head {
		return dst, fmt.Errorf("aac frame of %d bytes, at least %d expected", len(unit), head+1)
	}
	if blocks := unit[6] & 3; blocks != 0 {
		return dst, fmt.Errorf("aac with %d blocks in a frame: set the encoder to one", blocks+1)
	}
	ok, err := e.follow(unit, unit[head:])
	if err != nil || !ok {
		return dst, err
	}
	return append(dst, unit[head:]), nil
}

// follow puts the config of a header in force. A change has to be seen twice, so that one wrong bit does not make a discontinuity.
func (e *adts) follow(header, body []byte) (ok bool, err error) {
	now := adtsConfig{header[2] >> 6, header[2] >> 2 & 0x0f, header[2]&1<<2 | header[3]>>6, true}
	if now == e.known {
		e.next = now
		return true, nil
	}
	if e.known.set && now != e.next {
		e.next = now
		return false, nil
	}
	conf := mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectType(now.object + 1), SampleRate: adtsRates[now.rate]}
	if conf.Type != mpeg4audio.ObjectTypeAACLC {
		return false, fmt.Errorf("aac of object type %d: set the encoder to AAC-LC or HE-AAC", conf.Type)
	}
	if conf.ChannelConfig = now.channels; now.channels == 0 {
		if conf.ChannelConfig, err = layout(body); err != nil {
			return false, err
		}
	}
	if err := e.Configure(&conf); err != nil {
		return false, err
	}
	e.known, e.next = now, now
	return true, nil
}

// layout finds the channel configuration of a frame whose header leaves it to the frame (ISO 14496-3 §4.5.1.2).
func layout(body []byte) (byte, error) {
	pce, err := mpeg4audio.ParsePCEFromRawDataBlock(body)
	if err != nil {
		return 0, fmt.Errorf("aac without a channel configuration: %w", err)
	}
	switch n := pce.ChannelCount; n {
	case 1, 2, 3, 4, 5, 6:
		return byte(n), nil
	case 8:
		return 7, nil
	default:
		return 0, fmt.Errorf("aac of %d channels", n)
	}
}

// adtsRates are the sampling frequencies of ISO 14496-3 table 1.18.
var adtsRates = [16]int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}
