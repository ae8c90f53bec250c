package play

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"sync"

	"github.com/klauspost/compress/flate"
	"golang.org/x/sync/errgroup"

	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/timeline"
)

// block is the lines of one hour, or of less.
type block struct {
	playlist.Block
	maps        bool // some segment has one
	independent bool // all segments are

	once     sync.Once
	deflated []byte
}

// lineSize is about what a segment takes.
const lineSize = 92

func makeBlock(p *timeline.Piece, l *listing) (*block, error) {
	b := &block{independent: true}
	room := len(p.Entries)
	if p.Packed != nil {
		room = p.Packed.Len()
	}
	b.Text = make([]byte, 0, room*(lineSize+len(l.base)))
	var lines playlist.Lines
	var seg playlist.Segment
	var bad error
	err := p.Walk(func(e *timeline.Entry) bool {
		if !e.Independent && e.Kind != timeline.Gap {
			b.independent = false
		}
		uri := l.line(&seg, e)
		// The names are made of numbers alone: what is right for one is right for all.
		if b.FirstURI == "" {
			bad = seg.Check(uri)
		}
		b.maps = b.maps || seg.Map != ""
		b.Add(&lines, &seg, uri)
		return bad == nil
	})
	if err == nil {
		err = bad
	}
	return b, err
}

// deflate is the text as a run of deflate blocks that end at a byte and refer to nothing outside (RFC 1951 §2), so that
// those of hours make one stream, one behind the other.
func (b *block) deflate() []byte {
	b.once.Do(func() { b.deflated = deflateRun(b.Text) })
	return b.deflated
}

func deflateRun(text []byte) []byte {
	out := bytes.NewBuffer(make([]byte, 0, len(text)/8+64))
	w, _ := flate.NewWriter(out, flate.BestSpeed) // The level is valid.
	_, _ = w.Write(text)                          // A bytes.Buffer takes everything.
	_ = w.Flush()
	return out.Bytes()
}

// joined is a list in parts: lines that are this list's alone, then the text of a block, and so on.
type joined struct {
	between [][]byte // one more than blocks
	blocks  []*block
}

// join puts a list together.
func join(m *playlist.Media, blocks []*block) (*joined, error) {
	j := &joined{blocks: blocks, between: make([][]byte, 0, len(blocks)+1)}
	maps := false
	for _, b := range blocks {
		maps = maps || b.maps
		m.Independent = m.Independent && b.independent
	}
	head, err := m.AppendHead(nil, maps)
	if err != nil {
		return nil, err
	}
	var lines playlist.Lines
	for _, b := range blocks {
		head = lines.AppendFirst(head, &b.Block)
		j.between = append(j.between, head)
		head = nil
	}
	j.between = append(j.between, m.AppendEnd(head))
	return j, nil
}

// body is the whole text. Most of its time goes into pages that nobody has touched, so that it is written from all sides.
func (j *joined) body() []byte {
	at := make([]int, len(j.blocks)+2)
	for i, text := range j.between {
		at[i+1] = at[i] + len(text)
		if i < len(j.blocks) {
			at[i+1] += len(j.blocks[i].Text)
		}
	}
	body := make([]byte, at[len(j.between)])
	var writing errgroup.Group
	writing.SetLimit(runtime.GOMAXPROCS(0))
	const stride = 16
	for from := 0; from < len(j.between); from += stride {
		writing.Go(func() error {
			for i := from; i < min(from+stride, len(j.between)); i++ {
				n := copy(body[at[i]:], j.between[i])
				if i < len(j.blocks) {
					copy(body[at[i]+n:], j.blocks[i].Text)
				}
			}
			return nil
		})
	}
	_ = writing.Wait() // Nothing can fail.
	return body
}

// gzip is the text as one gzip member (RFC 1952), with no more to compress than what has not been before.
func (j *joined) gzip(sum uint32, size int) []byte {
	var making errgroup.Group
	making.SetLimit(max(runtime.GOMAXPROCS(0)/2, 1)) // The others have to go on.
	for _, b := range j.blocks {
		making.Go(func() error {
			b.deflate()
			return nil
		})
	}
	_ = making.Wait() // Nothing can fail.
	out := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}
	for i, text := range j.between {
		for len(text) > 0 { // As they are: they are short.
			n := min(len(text), 0xffff)
			out = append(out, 0)
			out = binary.LittleEndian.AppendUint16(out, uint16(n))
			out = binary.LittleEndian.AppendUint16(out, ^uint16(n))
			out = append(out, text[:n]...)
			text = text[n:]
		}
		if i < len(j.blocks) {
			out = append(out, j.blocks[i].deflate()...)
		}
	}
	out = append(out, 1, 0, 0, 0xff, 0xff) // The last block, empty.
	out = binary.LittleEndian.AppendUint32(out, sum)
	return binary.LittleEndian.AppendUint32(out, uint32(size))
}
