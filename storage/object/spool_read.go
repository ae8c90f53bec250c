package object

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"
)

// Get implements Store.
func (s *Spool) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	if err := checkRange(name, offset, length); err != nil {
		return nil, err
	}
	file, e, err := s.open(ctx, name)
	if err != nil {
		return nil, err
	}
	if e == nil {
		return s.Remote.Get(ctx, name, offset, length)
	}
	defer file.Close()
	left := max(e.size-offset, 0)
	if length < 0 || length > left {
		length = left
	}
	body := make([]byte, length)
	if err := readAt(file, body, e.bodyOffset()+offset); err != nil {
		return nil, fmt.Errorf("read %s from the spool: %w", name, err)
	}
	return body, nil
}

// Open implements Store.
func (s *Spool) Open(ctx context.Context, name string, offset int64) (io.ReadCloser, Info, error) {
	if err := checkRange(name, offset, -1); err != nil {
		return nil, Info{}, err
	}
	file, e, err := s.open(ctx, name)
	if err != nil {
		return nil, Info{}, err
	}
	if e == nil {
		return s.Remote.Open(ctx, name, offset)
	}
	// The body ends with the file.
	if _, err := file.Seek(e.bodyOffset()+min(offset, e.size), io.SeekStart); err != nil {
		_ = file.Close()
		return nil, Info{}, fmt.Errorf("read %s from the spool: %w", name, err)
	}
	return file, e.info(), nil
}

// Stat implements Store.
func (s *Spool) Stat(ctx context.Context, name string) (Info, error) {
	if err := s.begin(ctx, name); err != nil {
		return Info{}, err
	}
	e := s.newestOf(name)
	switch {
	case e == nil:
		return s.Remote.Stat(ctx, name)
	case e.kind == recordDelete:
		return Info{}, fmt.Errorf("stat %s: %w", name, ErrNotFound)
	}
	return e.info(), nil
}

// Check implements Store: it says whether the remote answers. While it does not, puts and reads of what is spooled
// go on all the same; see Pending.
func (s *Spool) Check(ctx context.Context) error {
	return s.Remote.Check(ctx)
}

// List implements Store: what the remote has, as it will be when the spool is empty. While the remote is away it fails.
func (s *Spool) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		// Before the remote is asked: what is uploaded meanwhile is then seen twice, and not missed.
		spooled := s.newestWith(prefix)
		for info, err := range s.Remote.List(ctx, prefix) {
			if err != nil {
				yield(Info{}, err)
				return
			}
			for len(spooled) > 0 && spooled[0].name < info.Name {
				if spooled[0].kind == recordPut && !yield(spooled[0].info(), nil) {
					return
				}
				spooled = spooled[1:]
			}
			if len(spooled) > 0 && spooled[0].name == info.Name {
				continue // the spool's is newer
			}
			if !yield(info, nil) {
				return
			}
		}
		for _, e := range spooled {
			if e.kind == recordPut && !yield(e.info(), nil) {
				return
			}
		}
	}
}

// open returns the newest record of a name with its file, or nil where the remote is to be asked.
func (s *Spool) open(ctx context.Context, name string) (*os.File, *entry, error) {
	if err := s.begin(ctx, name); err != nil {
		return nil, nil, err
	}
	var last *entry
	for {
		e := s.newestOf(name)
		if e == nil {
			return nil, nil, nil
		}
		if e.kind == recordDelete {
			return nil, nil, fmt.Errorf("read %s: %w", name, ErrNotFound)
		}
		file, err := os.Open(s.path(e.seq))
		if err == nil {
			return file, e, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fmt.Errorf("read %s from the spool: %w", name, err)
		}
		if e == last {
			return nil, nil, nil // uploaded, and not yet forgotten
		}
		last = e // it was uploaded or replaced since we looked
	}
}

func (s *Spool) newestOf(name string) *entry {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.names[name]
}

func (s *Spool) newestWith(prefix string) []*entry {
	s.mutex.Lock()
	var found []*entry
	for name, e := range s.names {
		if strings.HasPrefix(name, prefix) {
			found = append(found, e)
		}
	}
	s.mutex.Unlock()
	slices.SortFunc(found, func(a, b *entry) int { return strings.Compare(a.name, b.name) })
	return found
}

// info may be called without the mutex: what it reads never changes once the entry is in the queue.
func (e *entry) info() Info {
	return Info{Name: e.name, Size: e.size, Modified: e.modified}
}
