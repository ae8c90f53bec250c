package config

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a file has to be left alone before it is read: editors write in several steps.
const settle = 200 * time.Millisecond

// Watcher sees when what stands in a file changes. It watches the folder rather than the file, so that an
// editor that renames a new file into place, and a Kubernetes ConfigMap whose link moves, are seen too.
type Watcher struct {
	path, target string
	last         [sha256.Size]byte
	events       *fsnotify.Watcher
}

// Watch calls onChange whenever what stands in the file at path has changed, until ctx is done, and returns
// nil then.
func Watch(ctx context.Context, path string, onChange func()) error {
	w, err := NewWatcher(path)
	if err != nil {
		return err
	}
	return w.Run(ctx, onChange)
}

// NewWatcher begins to watch the file at path, whose folder must be there. Run it, to end it.
func NewWatcher(path string) (*Watcher, error) {
	events, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", path, err)
	}
	if err := events.Add(filepath.Dir(path)); err != nil {
		return nil, errors.Join(fmt.Errorf("watch %s: %w", path, err), events.Close())
	}
	w := &Watcher{path: path, target: path, events: events}
	// Where the file is a link, its target changes in a folder of its own. Without that folder the link's own
	// is watched still.
	target, err := filepath.EvalSymlinks(path)
	if err == nil && filepath.Dir(target) != filepath.Dir(path) && events.Add(filepath.Dir(target)) == nil {
		w.target = target
	}
	w.last, _ = digest(path)
	return w, nil
}

// Run calls onChange, from this goroutine, after each change to what stands in the file, until ctx is done. A
// file that is away for a moment is no change.
func (w *Watcher) Run(ctx context.Context, onChange func()) (err error) {
	defer func() { err = errors.Join(err, w.events.Close()) }()
	quiet := time.NewTimer(0)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, open := <-w.events.Events:
			if !open {
				return fmt.Errorf("watch %s: the watch ended", w.path)
			}
			if w.concerns(e.Name) {
				quiet.Reset(settle)
			}
		case err, open := <-w.events.Errors:
			if !open {
				return fmt.Errorf("watch %s: the watch ended", w.path)
			}
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return fmt.Errorf("watch %s: %w", w.path, err)
			}
			quiet.Reset(settle) // What was missed may have been ours.
		case <-quiet.C:
			if now, ok := digest(w.path); ok && now != w.last {
				w.last = now
				onChange()
			}
		}
	}
}

// concerns says whether an event's file may be the configuration: itself, what it links to, or one of the
// hidden links that a ConfigMap is swapped by.
func (w *Watcher) concerns(name string) bool {
	base := filepath.Base(name)
	return base == filepath.Base(w.path) || base == filepath.Base(w.target) || strings.HasPrefix(base, "..")
}

func digest(path string) ([sha256.Size]byte, bool) {
	b, err := readFile(path, maxFile)
	return sha256.Sum256(b), err == nil
}
