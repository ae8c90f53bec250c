package object

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"
)

// List implements Store. It holds the entries of one folder, and of those above it, at a time.
func (f *Folder) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := CheckPrefix(prefix); err != nil {
			yield(Info{}, err)
			return
		}
		dir, _ := splitPrefix(prefix)
		if dir == "" {
			dir = "."
		}
		w := folderWalk{ctx: ctx, folder: f, prefix: prefix, yield: yield}
		w.walk(dir)
	}
}

// folderWalk is one List under way.
type folderWalk struct {
	ctx    context.Context //nolint:containedctx // lives as long as one call of List
	folder *Folder
	prefix string
	yield  func(Info, error) bool
}

// walk lists a folder and those in it; it returns false where the listing is over.
func (w *folderWalk) walk(dir string) bool {
	entries, err := w.entries(dir)
	if err = diskError("list", dir, err); errors.Is(err, ErrNotFound) {
		return true // removed meanwhile, or never there
	}
	if err != nil {
		w.yield(Info{}, err)
		return false
	}
	for _, name := range entries {
		if err := w.ctx.Err(); err != nil {
			w.yield(Info{}, err)
			return false
		}
		if sub, ok := strings.CutSuffix(name, "/"); ok {
			if !w.walk(sub) {
				return false
			}
			continue
		}
		stat, err := w.folder.root.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			w.yield(Info{}, diskError("list", name, err))
			return false
		}
		if !w.yield(Info{Name: name, Size: stat.Size(), Modified: stat.ModTime().UTC()}, nil) {
			return false
		}
	}
	return true
}

// entries returns the names in a folder that the prefix lets through, in the order of the objects' whole names:
// folders end in '/', which sorts after '-' and '.' and before letters and digits.
func (w *folderWalk) entries(dir string) ([]string, error) {
	file, err := w.folder.openFolder(dir)
	if err != nil {
		return nil, err
	}
	defer file.Close()

	var names []string
	for {
		batch, err := file.ReadDir(1024)
		for _, entry := range batch {
			name := path.Join(dir, entry.Name())
			// Symbolic links, temporary files and whatever else people leave here is not ours.
			if CheckName(name) != nil || (!entry.IsDir() && !entry.Type().IsRegular()) {
				continue
			}
			if entry.IsDir() {
				name += "/"
			}
			if w.wanted(name) {
				names = append(names, name)
			}
		}
		if err != nil || len(batch) == 0 {
			slices.Sort(names)
			return names, endOfFolder(err)
		}
	}
}

func (w *folderWalk) wanted(name string) bool {
	if strings.HasPrefix(name, w.prefix) {
		return true
	}
	return strings.HasSuffix(name, "/") && strings.HasPrefix(w.prefix, name)
}

func endOfFolder(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
