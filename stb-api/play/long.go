package play

import (
	"context"
	"fmt"
	"hash/crc32"
	"maps"
	"runtime"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"podium.tv/podium/packager/playlist"
	"podium.tv/podium/packager/timeline"
)

// longLists keeps what the playlists of days are made of. A week has 150,000 segments and 13 MB, and while it grows it is
// another one every few seconds; but its closed hours stay as they are. So the lines of an hour are made once for all lists
// of a form, plain and compressed, and a list is put together of them.
type longLists struct {
	once   sync.Once
	blocks *lru.Cache[string, *block]
	lists  *lru.Cache[string, *longList]
	flight singleflight.Group
}

// The bounds: a block takes about 90 kB, a list of a week 14 MB.
const (
	maxBlocks = 512
	maxLists  = 4
)

// longList is the newest version of a list.
type longList struct {
	key    string
	answer *answer
}

// longTimeout bounds the making of a list, whoever waits for it.
const longTimeout = 30 * time.Second

func (l *longLists) open() {
	l.once.Do(func() {
		l.blocks, _ = lru.New[string, *block](maxBlocks) // The only error is a size that is not positive.
		l.lists, _ = lru.New[string, *longList](maxLists)
	})
}

// longPlaylist is mediaPlaylist for views of many hours. shared lists are made once for all who ask. It returns neither an
// answer nor an error where the view has nothing that it knows how to put together.
func (s *Service) longPlaylist(ctx context.Context, c *Channel, sc *scene, n name, base string, shared bool) (*answer, error) {
	s.long.open()
	list := n.form() + base + c.caching("") + c.scope() + "/" + sc.view.String()
	key := "p/" + n.form() + base + sc.key(c)
	if !shared {
		return s.makeLong(ctx, c, sc, n, base, "")
	}
	if l, ok := s.long.lists.Get(list); ok && l.key == key {
		return l.answer, nil
	}
	made := s.long.flight.DoChan(list+"@"+key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longTimeout)
		defer cancel()
		own := *sc
		a, err := s.makeLong(ctx, c, &own, n, base, key)
		if err == nil && a != nil {
			s.long.lists.Add(list, &longList{key: key, answer: a})
		}
		return a, err
	})
	select {
	case <-ctx.Done():
		return nil, errStore.WithCause(ctx.Err())
	case r := <-made:
		a, _ := r.Val.(*answer)
		return a, r.Err
	}
}

func (s *Service) makeLong(ctx context.Context, c *Channel, sc *scene, n name, base, key string) (*answer, error) {
	// It takes tens of megabytes: few at a time, or a crowd of them would take all memory.
	if err := s.heavy().Acquire(ctx, 1); err != nil {
		return nil, errStore.WithCause(err)
	}
	defer s.heavy().Release(1)
	pieces, err := c.Timeline.Window(ctx, sc.from, sc.end)
	if err != nil {
		return nil, s.explain(err)
	}
	m, ok := c.longHead(sc, pieces)
	if !ok {
		return nil, nil //nolint:nilnil // the usual way is to find out what is the matter
	}
	m.IFrames = n.kind == iframePlaylist
	sc.entries = newestWith(pieces, n.stream)
	chosen, err := s.choose(ctx, c, sc, n.stream)
	if err != nil {
		return nil, nil //nolint:nilnil // as above
	}
	l := listing{name: n, choice: &chosen, base: base, keys: keyring{keys: c.keys(), scope: c.scope(), base: base}}
	blocks, err := s.longBlocks(ctx, c, pieces, &l, key != "")
	if err != nil {
		return nil, s.explain(err)
	}
	parts, err := join(m, blocks)
	if err != nil {
		return nil, err
	}
	a := &answer{body: parts.body(), contentType: typePlaylist, cache: c.caching(sc.cache()), packed: new(packed)}
	if key == "" {
		a.cache, a.etag = ownLive, etag(a.body)
		return a, nil
	}
	a.etag = etag([]byte(key))
	a.packed.make = func(to coding, body []byte) []byte {
		if to == gzipped {
			return parts.gzip(crc32.ChecksumIEEE(body), len(body))
		}
		return compress(to, body)
	}
	return a, nil
}

// longHead is what stands before the segments; ok is false where there is nothing to list, or only what the live view keeps.
func (c *Channel) longHead(sc *scene, pieces []timeline.Piece) (m *playlist.Media, ok bool) {
	if len(pieces) == 0 {
		return nil, false
	}
	m = &playlist.Media{TargetDuration: c.targetDuration(), Closed: sc.closed, Event: sc.event, Independent: true}
	var begin time.Time
	err := pieces[0].Walk(func(e *timeline.Entry) bool {
		begin, m.Sequence, m.DiscontinuitySequence = e.Start, e.Seq, e.Disc
		if e.Discontinuity && e.Disc > 0 {
			// The tag before the first segment stays until the segment goes (RFC 8216bis §6.2.2).
			m.DiscontinuitySequence--
		}
		return false
	})
	if err != nil {
		return nil, false
	}
	edge := c.liveRun(c.Timeline.Tail())
	if sc.view.mode == rewind && len(edge) > 0 && m.Sequence > edge[0].Seq {
		return nil, false
	}
	if sc.event {
		offset := max(sc.from.Sub(begin), 0)
		m.StartOffset = &offset
	}
	return m, true
}

// newestWith are the entries of the newest piece that has a stream, by which it is chosen.
func newestWith(pieces []timeline.Piece, st stream) []timeline.Entry {
	for i := len(pieces) - 1; i >= 0; i-- {
		entries := pieces[i].Entries
		if p := pieces[i].Packed; p != nil {
			var err error
			if entries, err = p.Entries(); err != nil {
				continue
			}
		}
		if _, ok := newestOf(entries, st); ok {
			return entries
		}
	}
	return nil
}

// longBlocks are the lines of all pieces, each made by itself.
func (s *Service) longBlocks(ctx context.Context, c *Channel, pieces []timeline.Piece, l *listing, shared bool) ([]*block, error) {
	blocks := make([]*block, len(pieces))
	var making errgroup.Group
	making.SetLimit(runtime.GOMAXPROCS(0))
	for i := range pieces {
		p := &pieces[i]
		key := ""
		if shared && p.Packed != nil {
			id, _ := l.keys.at(time.Unix(p.Hour*3600, 0))
			key = fmt.Sprintf("%s%s%s/%d-%08x/%d-%d/%s", l.form(), l.base, c.scope(), p.Hour, p.Packed.Sum(),
				l.choice.kind, l.choice.id, id)
			var ok bool
			if blocks[i], ok = s.long.blocks.Get(key); ok {
				continue
			}
		}
		own := *l // Here, because the keyring goes on with the next piece.
		making.Go(func() error {
			chosen, sure, err := s.chooseIn(ctx, l.choice, p)
			if err != nil {
				return err
			}
			own.buf, own.choice = nil, &chosen
			b, err := makeBlock(p, &own)
			if err == nil && key != "" && sure {
				s.long.blocks.Add(key, b)
			}
			blocks[i] = b
			return err
		})
	}
	return blocks, making.Wait()
}

// chooseIn is the choice for a piece: choose has looked at the last alone. sure is false where a store that is away may have
// let another stream stand in.
func (s *Service) chooseIn(ctx context.Context, ch *choice, p *timeline.Piece) (in choice, sure bool, err error) {
	in, sure = *ch, true
	if ch.rendition == "" {
		return in, sure, nil
	}
	in.inits = maps.Clone(ch.inits)
	err = p.Walk(func(e *timeline.Entry) bool {
		if e.Kind != timeline.Gap && alsoOf(e, ch.rendition) == nil {
			s.learn(ctx, &in, e.Init)
			for i := range e.Also {
				s.learn(ctx, &in, e.Also[i].Init)
			}
		}
		return true
	})
	for _, init := range in.inits {
		sure = sure && init != nil
	}
	return in, sure, err
}
