package health

import "podium.tv/podium/packager/media"

// silence tells frames of digital silence without decoding them: what an encoder makes of samples that are all zero, as a muted
// mixer or an unplugged embedder sends them. The noise of a quiet room is not silence; what tells them apart is said, with
// measurements, at each codec. One serves one track.
type silence interface {
	silent(units [][]byte) bool
}

// silenceOf is what tells a codec's silence, nil where nothing does.
func silenceOf(c media.Codec) silence {
	switch c := c.(type) {
	case *media.AAC:
		conf, err := c.Parse()
		if err != nil || !isLC(conf.Type) {
			return nil
		}
		return silentAAC{}
	case *media.MP2:
		return &silentMPEG{}
	case *media.AC3, *media.EAC3:
		return &silentDolby{}
	case *media.Opus:
		return silentOpus{}
	}
	return nil
}

// bitReader reads a frame's bits; past its end there are zeros and it says so.
type bitReader struct {
	b   []byte
	at  int // bit
	bad bool
}

func (r *bitReader) read(n int) int {
	v := 0
	for range n {
		v <<= 1
		if r.at>>3 >= len(r.b) {
			r.bad = true
			continue
		}
		v |= int(r.b[r.at>>3]>>(7-r.at&7)) & 1
		r.at++
	}
	return v
}

func (r *bitReader) skip(n int) {
	r.at += n
	if r.at > 8*len(r.b) {
		r.bad = true
	}
}
