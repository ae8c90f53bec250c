package elementary

import (
	"bytes"

	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// maxParameterSet is far above what encoders write; larger ones are an attack on the store.
const maxParameterSet = 4096

// parameterSet is one kind of parameter set of a video track: the one that the track's description tells, and
// the one that takes its place at the next random access point.
type parameterSet struct {
	current []byte
	next    []byte
}

// offer takes a valid parameter set that came in the stream, and says whether it is the current one.
func (p *parameterSet) offer(nalu []byte) (same bool) {
	if bytes.Equal(nalu, p.current) {
		p.next = nil
		return true
	}
	if !bytes.Equal(nalu, p.next) {
		p.next = bytes.Clone(nalu)
	}
	return false
}

// advance makes the next one current.
func (p *parameterSet) advance() {
	if p.next != nil {
		p.current, p.next = p.next, nil
	}
}

// latest is the one that holds from the next random access point on.
func (p *parameterSet) latest() []byte {
	if p.next != nil {
		return p.next
	}
	return p.current
}

// pictureParameterSetID reads pps_pic_parameter_set_id or pic_parameter_set_id, the first Exp-Golomb number
// after the NAL unit header in both H.264 (§7.3.2.2) and H.265 (§7.3.2.3).
func pictureParameterSetID(nalu []byte, header int) (uint32, bool) {
	if len(nalu) <= header {
		return 0, false
	}
	head := h264.EmulationPreventionRemove(nalu[header:min(len(nalu), header+8)])
	pos := 0
	id, err := bits.ReadGolombUnsigned(head, &pos)
	return id, err == nil
}
