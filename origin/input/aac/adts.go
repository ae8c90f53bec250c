package aac

import (
	"bufio"
	"fmt"
	"io"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
)

// adtsHead is the size of an ADTS head without a CRC (ISO 14496-3 §1.A.2.2).
const adtsHead = 7

// readADTS reads the next frame, without its head.
func readADTS(r *bufio.Reader) ([]byte, error) {
	head, err := r.Peek(adtsHead)
	if err != nil {
		return nil, err
	}
	size := int(head[3]&3)<<11 | int(head[4])<<3 | int(head[5])>>5
	if size <= adtsHead {
		return nil, fmt.Errorf("an ADTS frame of %d bytes", size)
	}
	whole := make([]byte, size)
	if _, err := io.ReadFull(r, whole); err != nil {
		return nil, err
	}
	var found mpeg4audio.ADTSPackets
	if err := found.Unmarshal(whole); err != nil {
		return nil, fmt.Errorf("ADTS: %w", err)
	}
	f := found[0]
	if f.Type != mpeg4audio.ObjectTypeAACLC || f.SampleRate != rate || f.ChannelConfig != 2 {
		return nil, fmt.Errorf("AAC of type %d with %d Hz and %d channels: AAC-LC with 48000 Hz and 2 was asked for",
			f.Type, f.SampleRate, f.ChannelConfig)
	}
	return f.AU, nil
}
