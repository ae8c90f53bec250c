package rtsp

import (
	"errors"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph265"
	"github.com/pion/rtp"

	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/origin/input/rtptime"
	"podium.tv/podium/packager/media"
)

// pictures reads RFC 6184 and RFC 7798, H.264 and H.265, which differ in the depacketizer alone.
type pictures struct {
	elementary.Video
	// decode is the depacketizer's; more and middle are the errors by which it says that the access unit goes on, and
	// that we came in the middle of one.
	decode       func(*rtp.Packet) ([][]byte, error)
	more, middle error
	inOrder      func(*rtp.Packet) bool // gortsplib's PTSEqualsDTS

	at rtptime.AccessUnit
}

func newH264(f *format.H264) (*pictures, error) {
	decoder, err := f.CreateDecoder()
	if err != nil {
		return nil, err
	}
	p := &pictures{
		Video: elementary.NewH264(), decode: decoder.Decode, inOrder: f.PTSEqualsDTS,
		more: rtph264.ErrMorePacketsNeeded, middle: rtph264.ErrNonStartingPacketAndNoPrevious,
	}
	sps, pps := f.SafeParams()
	p.Offer(sps, pps)
	return p, nil
}

func newH265(f *format.H265) (*pictures, error) {
	decoder, err := f.CreateDecoder()
	if err != nil {
		return nil, err
	}
	p := &pictures{
		Video: elementary.NewH265(), decode: decoder.Decode, inOrder: f.PTSEqualsDTS,
		more: rtph265.ErrMorePacketsNeeded, middle: rtph265.ErrNonStartingPacketAndNoPrevious,
	}
	vps, sps, pps := f.SafeParams()
	p.Offer(vps, sps, pps)
	return p, nil
}

func (*pictures) clockRate() int                { return elementary.VideoTimescale }
func (p *pictures) starts(pkt *rtp.Packet) bool { return p.inOrder(pkt) }

// Lost tells that packets are missing.
func (p *pictures) Lost() {
	p.at.Reset()
	p.Video.Lost()
}

func (p *pictures) read(dst []frame, pkt *rtp.Packet) ([]frame, error) {
	units, err := p.decode(pkt)
	switch {
	case errors.Is(err, p.more):
		p.at.Incomplete(pkt)
		return dst, errMore
	case errors.Is(err, p.middle):
		return dst, errMore
	case err != nil:
		p.Lost()
		return dst, err
	}
	return append(dst, frame{stamp: p.at.Complete(pkt), units: units}), nil
}

func (p *pictures) sample(f frame, pts int64) (media.Sample, bool, error) {
	return p.Sample(f.units, pts)
}
