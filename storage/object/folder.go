package object

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Folder keeps objects as files in a local folder. It is the store of a machine that has no MinIO.
//
// A Put writes a temporary file under the same root and renames it, so a reader never sees half an object and a
// crash leaves only a temporary file, which the next Initialize removes. All access goes through os.Root: a symbolic
// link in the folder cannot lead out of it. Several processes may use one folder.
//
// An object cannot have the name of another one's parent ("a" beside "a/b"): the Put that comes second fails with
// ErrBadName.
type Folder struct {
	// Root is the folder; it is made if missing.
	Root string
	// Sync is when files are forced to the disk. It defaults to SyncNever.
	Sync Sync

	//
	// private
	//

	root  *os.Root
	temp  string // folder of this process's temporary files, relative to the root
	lock  *os.File
	count atomic.Uint64
}

var _ Store = (*Folder)(nil)

// Initialize opens the folder, makes it if missing, and removes what crashed writers left behind.
func (f *Folder) Initialize() error {
	if f.Root == "" {
		return errors.New("folder of objects: no root given")
	}
	if err := f.Sync.check(); err != nil {
		return fmt.Errorf("folder of objects %s: %w", f.Root, err)
	}
	if err := os.MkdirAll(f.Root, 0o750); err != nil {
		return fmt.Errorf("make folder of objects: %w", err)
	}
	root, err := os.OpenRoot(f.Root)
	if err != nil {
		return fmt.Errorf("open folder of objects: %w", err)
	}
	f.root = root
	if err := f.openTemp(); err != nil {
		_ = root.Close()
		return writeError("open folder of objects", f.Root, err)
	}
	return nil
}

// Close lets go of the folder. Writes under way fail.
func (f *Folder) Close() error {
	f.closeTemp()
	return f.root.Close()
}

// Get implements Store.
func (f *Folder) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	if err := checkRange(name, offset, length); err != nil {
		return nil, err
	}
	file, info, err := f.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer file.Close()

	left := max(info.Size-offset, 0)
	if length < 0 || length > left {
		length = left
	}
	body := make([]byte, length)
	n, err := file.ReadAt(body, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, diskError("read", name, err)
	}
	return body[:n], nil
}

// Open implements Store. The reader is an *os.File, which a socket can send without copying.
func (f *Folder) Open(ctx context.Context, name string, offset int64) (io.ReadCloser, Info, error) {
	if err := checkRange(name, offset, -1); err != nil {
		return nil, Info{}, err
	}
	file, info, err := f.open(ctx, name)
	if err != nil {
		return nil, Info{}, err
	}
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		_ = file.Close()
		return nil, Info{}, diskError("read", name, err)
	}
	return file, info, nil
}

// Stat implements Store.
func (f *Folder) Stat(ctx context.Context, name string) (Info, error) {
	if err := f.begin(ctx, name); err != nil {
		return Info{}, err
	}
	stat, err := f.root.Stat(name)
	if err != nil {
		return Info{}, diskError("stat", name, err)
	}
	if !stat.Mode().IsRegular() {
		return Info{}, fmt.Errorf("stat %s: %w", name, ErrNotFound)
	}
	return Info{Name: name, Size: stat.Size(), Modified: stat.ModTime().UTC()}, nil
}

// Delete implements Store. Folders that it leaves empty are removed.
func (f *Folder) Delete(ctx context.Context, name string) error {
	if err := f.begin(ctx, name); err != nil {
		return err
	}
	if err := f.unlink(name, 0); err != nil {
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.EISDIR):
			return nil // no such object
		}
		return diskError("delete", name, err)
	}
	f.removeEmpty(path.Dir(name))
	return nil
}

// removeEmpty removes a folder and those above it as far as they are empty. It stops at one that is not, or that
// somebody else has removed: either is fine.
func (f *Folder) removeEmpty(dir string) {
	for dir != "." && f.unlink(dir, unix.AT_REMOVEDIR) == nil {
		dir = path.Dir(dir)
	}
}

// Check implements Store: it writes a file, which a full or a read-only disk refuses.
func (f *Folder) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	temp, file, err := f.createTemp()
	if err != nil {
		return writeError("check folder of objects", f.Root, err)
	}
	defer f.removeTemp(temp)
	_, err = file.WriteString("check")
	if err = errors.Join(err, file.Close()); err != nil {
		return writeError("check folder of objects", f.Root, err)
	}
	return nil
}

func (f *Folder) open(ctx context.Context, name string) (*os.File, Info, error) {
	if err := f.begin(ctx, name); err != nil {
		return nil, Info{}, err
	}
	// Without O_NONBLOCK a named pipe that somebody left here would hold the reader for ever.
	file, err := f.root.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, Info{}, diskError("read", name, err)
	}
	stat, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, Info{}, diskError("read", name, err)
	}
	if !stat.Mode().IsRegular() {
		_ = file.Close()
		return nil, Info{}, fmt.Errorf("read %s: %w", name, ErrNotFound)
	}
	return file, Info{Name: name, Size: stat.Size(), Modified: stat.ModTime().UTC()}, nil
}

func (f *Folder) openFolder(name string) (*os.File, error) {
	return f.root.OpenFile(name, os.O_RDONLY|unix.O_DIRECTORY, 0)
}

func (f *Folder) begin(ctx context.Context, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	return ctx.Err()
}

// unlink removes a file, or with unix.AT_REMOVEDIR an empty folder. Root.Remove removes either, so an object put
// where an empty folder has just been could be lost to it.
func (f *Folder) unlink(name string, flags int) error {
	dir, err := f.openFolder(path.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close()
	return unix.Unlinkat(int(dir.Fd()), path.Base(name), flags)
}
