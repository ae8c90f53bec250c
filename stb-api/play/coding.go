package play

import (
	"bytes"
	"compress/gzip"
	"sync"

	"github.com/andybalholm/brotli"
)

// coding is a content coding (RFC 9110 §8.4.1).
type coding uint8

const (
	identity coding = iota
	gzipped
	brotlied
	codings // how many there are
)

func (c coding) String() string {
	switch c {
	case gzipped:
		return "gzip"
	case brotlied:
		return "br"
	case identity, codings:
	}
	return ""
}

// suffix tells the form's entity tag from that of the others.
func (c coding) suffix() string {
	if c == gzipped {
		return "gz"
	}
	return c.String()
}

// minPacked is the size below which compressing costs more than it saves: one network packet.
const minPacked = 1400

// packed holds the compressed forms of a body, each made when it is first asked for: most players take but one of them.
type packed struct {
	forms [codings]struct {
		once sync.Once
		body []byte
	}
	// make makes a form; it defaults to compress.
	make func(c coding, body []byte) []byte
}

// pack is nil where compressing does not pay.
func pack(body []byte) *packed {
	if len(body) < minPacked {
		return nil
	}
	return new(packed)
}

// in is the body in a coding, or nil where it cannot be had.
func (p *packed) in(c coding, body []byte) []byte {
	f := &p.forms[c]
	f.once.Do(func() {
		if p.make != nil {
			f.body = p.make(c, body)
			return
		}
		f.body = compress(c, body)
	})
	return f.body
}

// largePlaylist is from when on brotli's newer encoder takes half the time and half the room; its two megabytes of tables
// cost more than a small playlist is worth.
const largePlaylist = 64 << 10

// compress works at the fastest levels: of a playlist they leave an eighth (gzip) and a ninth (brotli), higher ones
// little less, for five times the work. Of a week's playlist brotli leaves a thirtieth, in a quarter of gzip's time.
func compress(c coding, body []byte) []byte {
	var b bytes.Buffer
	switch {
	case c == gzipped:
		w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // The level is valid.
		_, _ = w.Write(body)                            // A bytes.Buffer takes everything.
		_ = w.Close()
	case c == brotlied && len(body) >= largePlaylist:
		w := brotli.NewWriterV2(&b, brotli.BestSpeed+1)
		_, _ = w.Write(body)
		_ = w.Close()
	case c == brotlied:
		w := brotli.NewWriterLevel(&b, brotli.BestSpeed+1)
		_, _ = w.Write(body)
		_ = w.Close()
	default:
		return nil
	}
	return b.Bytes()
}
