package play

import (
	"hash/maphash"
	"sync"
	"time"
)

// viewerIdle is how long a viewer counts after its last playlist; a live player asks every few seconds.
const viewerIdle = 30 * time.Second

// maxViewers bounds what is remembered of one channel's viewers, against floods of made-up addresses.
const maxViewers = 1 << 17

// viewers counts who watches a channel, by address and player. The zero value works.
type viewers struct {
	once   sync.Once
	seed   maphash.Seed
	shards [16]viewerShard
}

type viewerShard struct {
	mu   sync.Mutex
	seen map[uint64]int64 // Unix seconds
	swep int64
}

func (v *viewers) note(address, player string, now time.Time) {
	v.once.Do(func() { v.seed = maphash.MakeSeed() })
	id := maphash.String(v.seed, address) ^ maphash.String(v.seed, player)*31
	s := &v.shards[id%uint64(len(v.shards))]
	sec := now.Unix()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = make(map[uint64]int64)
	}
	if _, known := s.seen[id]; known || len(s.seen) < maxViewers/len(v.shards) {
		s.seen[id] = sec
	}
	if sec-s.swep >= int64(viewerIdle.Seconds()) {
		s.swep = sec
		s.sweep(sec)
	}
}

func (s *viewerShard) sweep(now int64) {
	for id, at := range s.seen {
		if now-at > int64(viewerIdle.Seconds()) {
			delete(s.seen, id)
		}
	}
}

func (v *viewers) count(now time.Time) int {
	n := 0
	for i := range v.shards {
		s := &v.shards[i]
		s.mu.Lock()
		s.sweep(now.Unix())
		n += len(s.seen)
		s.mu.Unlock()
	}
	return n
}
