package eyes

import (
	"fmt"

	"podium.tv/podium/packager/media"
)

const (
	// maxPicture bounds a key picture's bytes: at 25 Mb/s one is under 1 MB.
	maxPicture = 8 << 20
	// maxSamples bounds what ffmpeg has to decode: 4096x2304.
	maxSamples = 4096 * 2304
)

// annexB is a key picture as a stream of its own (H.264 and H.265, annex B), and what ffmpeg calls its form. The size of what is
// decoded is that of the parameter sets that were described, so those within the picture are left out, but for picture parameter
// sets, of which there may be several.
func annexB(k *key) (stream []byte, form string, err error) {
	var sets [][]byte
	var keep func(unit []byte) bool
	switch c := k.codec.(type) {
	case *media.H264:
		sets, form = [][]byte{c.SPS, c.PPS}, "h264"
		const idr, pps = 5, 8
		keep = func(u []byte) bool { t := u[0] & 0x1f; return t <= idr || t == pps }
	case *media.H265:
		sets, form = [][]byte{c.VPS, c.SPS, c.PPS}, "hevc"
		const lastVCL, pps = 31, 34
		keep = func(u []byte) bool { t := u[0] >> 1 & 0x3f; return t <= lastVCL || t == pps }
	default:
		return nil, "", fmt.Errorf("%T is no picture that can be looked at", k.codec)
	}
	p := media.PictureOf(k.codec)
	if p.Width*p.Height == 0 || p.Width*p.Height > maxSamples {
		return nil, "", fmt.Errorf("picture of %dx%d: at most %d samples can be looked at", p.Width, p.Height, maxSamples)
	}
	size := 0
	for _, u := range k.units {
		size += len(u) + 4
	}
	if size > maxPicture {
		return nil, "", fmt.Errorf("key picture of %d bytes: at most %d can be looked at", size, maxPicture)
	}
	stream = make([]byte, 0, size+1024)
	for _, u := range sets {
		stream = append(append(stream, 0, 0, 0, 1), u...)
	}
	for _, u := range k.units {
		if len(u) > 0 && keep(u) {
			stream = append(append(stream, 0, 0, 0, 1), u...)
		}
	}
	return stream, form, nil
}
