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

// Watch calls onChange whenever what stands in the file at path has changed, until ctx is done, and returns
// nil then. It watches the folder rather than the file, so that an editor that renames a new file into
// place, and a Kubernetes ConfigMap whose link moves, are seen too. A file that is away for a moment is no
// change.
func Watch(ctx context.Context, path string, onChange func()) (err error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if err := w.Add(filepath.Dir(path)); err != nil {
		return fmt.Errorf("watch %s: %w", path, err)
	}
	// Where the file is a link, its target changes in a folder of its own. That folder may be gone
	// already; the link's own is what matters.
	target := path
	if real, err := filepath.EvalSymlinks(path); err == nil && filepath.Dir(real) != filepath.Dir(path) && w.Add(filepath.Dir(real)) == nil {
		target = real
	}
	return follow(ctx, w, path, target, onChange)
}

func follow(ctx context.Context, w *fsnotify.Watcher, path, target string, onChange func()) error {
	last, _ := digest(path)
	quiet := time.NewTimer(0)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, open := <-w.Events:
			if !open {
				return fmt.Errorf("watch %s: the watch ended", path)
			}
			if concerns(e.Name, path, target) {
				quiet.Reset(settle)
			}
		case err, open := <-w.Errors:
			if !open {
				return fmt.Errorf("watch %s: the watch ended", path)
			}
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return fmt.Errorf("watch %s: %w", path, err)
			}
			quiet.Reset(settle) // What was missed may have been ours.
		case <-quiet.C:
			if now, ok := digest(path); ok && now != last {
				last = now
				onChange()
			}
		}
	}
}

// concerns says whether an event's file may be the configuration: itself, what it links to, or one of the
// hidden links that a ConfigMap is swapped by.
func concerns(name, path, target string) bool {
	base := filepath.Base(name)
	return base == filepath.Base(path) || base == filepath.Base(target) || strings.HasPrefix(base, "..")
}

func digest(path string) ([sha256.Size]byte, bool) {
	b, err := readFile(path, maxFile)
	return sha256.Sum256(b), err == nil
}
