package rtsp

import (
	"errors"

	"github.com/pion/rtp"

	"podium.tv/podium/origin/input/elementary"
	"podium.tv/podium/packager/media"
)

// errMore means that a packet was read and the frame it belongs to is not complete.
var errMore = errors.New("more packets needed")

// frame is what an essence reads out of packets: one access unit of video or one frame of audio.
type frame struct {
	stamp  uint32   // RTP time of the access unit, or of the first frame in an audio packet
	offset int64    // of this frame after stamp, in the track's timescale
	units  [][]byte // NAL units, or one audio frame
}

// essence reads one track's payload format and knows its codec's parameters.
type essence interface {
	elementary.Essence
	// read takes the next packet in sequence and appends the frames that it completed to dst. After a loss the
	// caller has said so by calling Lost.
	read(dst []frame, pkt *rtp.Packet) ([]frame, error)
	// sample makes a sample of a frame that is presented at pts; it is false where the frame is not one: nothing
	// but parameter sets in it, or undecodable because the pictures before it are missing.
	sample(f frame, pts int64) (media.Sample, bool, error)
	// Lost tells that packets are missing before the next one.
	Lost()
	// clockRate is that of the RTP times.
	clockRate() int
	// starts says whether a packet's presentation order is its decoding order, so that its time can anchor the
	// track on the time base.
	starts(pkt *rtp.Packet) bool
}
