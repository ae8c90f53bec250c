package timeline_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/storage/object"
)

// faulty is a store that can be made to be away.
type faulty struct {
	object.Store

	mutex sync.Mutex
	away  bool
	puts  int                    // how many more Puts succeed before it is away; negative: no limit
	late  bool                   // a Put that fails is carried out all the same
	gets  map[string]int         // how often each name was read
	block map[string]chan string // a Get of that name tells that it has begun, and waits
}

func newStore(t testing.TB) *faulty {
	t.Helper()
	return storeIn(t, t.TempDir())
}

func storeIn(t require.TestingT, dir string) *faulty {
	folder := &object.Folder{Root: dir}
	require.NoError(t, folder.Initialize())
	return &faulty{Store: folder, puts: -1, gets: make(map[string]int)}
}

func (f *faulty) set(away bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.away, f.puts = away, -1
}

// after makes the store go away after some more Puts.
func (f *faulty) after(puts int, late bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.away, f.puts, f.late = false, puts, late
}

func (f *faulty) isAway() bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.away
}

func (f *faulty) reads(part string) int {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	n := 0
	for name, count := range f.gets {
		if strings.Contains(name, part) {
			n += count
		}
	}
	return n
}

func (f *faulty) check(name string, put bool) (err error, carryOut bool) { //nolint:revive // it reads best so
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if put && f.puts == 0 {
		f.away, f.puts, carryOut = true, -1, f.late
	} else if put && f.puts > 0 {
		f.puts--
	}
	if f.away {
		return fmt.Errorf("%s: %w", name, object.ErrAway), carryOut
	}
	return nil, true
}

func (f *faulty) Put(ctx context.Context, name string, body []byte) error {
	err, carryOut := f.check(name, true)
	if carryOut {
		if perr := f.Store.Put(ctx, name, body); perr != nil {
			return perr
		}
	}
	return err
}

func (f *faulty) PutStream(ctx context.Context, name string, body io.Reader, _ int64) error {
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return f.Put(ctx, name, b)
}

func (f *faulty) Stat(ctx context.Context, name string) (object.Info, error) {
	if err, _ := f.check(name, false); err != nil {
		return object.Info{}, err
	}
	return f.Store.Stat(ctx, name)
}

func (f *faulty) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	f.mutex.Lock()
	f.gets[name]++
	block := f.block[name]
	f.mutex.Unlock()
	if err, _ := f.check(name, false); err != nil {
		return nil, err
	}
	b, err := f.Store.Get(ctx, name, offset, length)
	if block != nil {
		block <- name
		<-block
	}
	return b, err
}

func (f *faulty) Delete(ctx context.Context, name string) error {
	if err, _ := f.check(name, false); err != nil {
		return err
	}
	return f.Store.Delete(ctx, name)
}
