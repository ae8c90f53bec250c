package object

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// copyBuffer is how much of a stream is in memory at once, in bytes.
const copyBuffer = 128 << 10

// Put implements Store.
func (f *Folder) Put(ctx context.Context, name string, body []byte) error {
	return f.put(ctx, name, func(file *os.File) error {
		_, err := file.Write(body)
		return err
	})
}

// PutStream implements Store.
func (f *Folder) PutStream(ctx context.Context, name string, body io.Reader, size int64) error {
	if err := checkSize(name, size); err != nil {
		return err
	}
	return f.put(ctx, name, func(file *os.File) error {
		return copyBody(ctx, file, body, size)
	})
}

// copyBody writes the whole body, of the size given, to w.
func copyBody(ctx context.Context, w io.Writer, body io.Reader, size int64) error {
	// The writer is hidden so that io.CopyBuffer uses our buffer and not the file's smaller one.
	_, err := io.CopyBuffer(struct{ io.Writer }{w}, &bodyReader{ctx: ctx, body: body, size: size}, make([]byte, copyBuffer))
	return err
}

func (f *Folder) put(ctx context.Context, name string, write func(*os.File) error) error {
	if err := f.begin(ctx, name); err != nil {
		return err
	}
	temp, file, err := f.createTemp()
	if err != nil {
		return writeError("write", name, err)
	}
	err = write(file)
	if err == nil && f.Sync.always() {
		err = file.Sync()
	}
	// Some file systems tell of a full disk or a quota only here.
	err = errors.Join(err, file.Close())
	if err == nil {
		err = f.rename(temp, name)
	}
	if err != nil {
		f.removeTemp(temp)
		return writeError("write", name, err)
	}
	return nil
}

// rename moves a finished temporary file to its name, and makes the folders it needs. A Delete may remove an empty
// folder between our making it and our using it, so that is tried again.
func (f *Folder) rename(temp, name string) error {
	const tries = 100
	dir := path.Dir(name)
	for try := 1; ; try++ {
		err := f.root.Rename(temp, name)
		if err == nil {
			return f.syncFolders(dir)
		}
		if errors.Is(err, fs.ErrNotExist) && dir != "." {
			err = f.root.MkdirAll(dir, 0o750)
		}
		switch {
		case f.isFolder(name):
			return badName(name, "it is the parent of another object")
		case f.hasObjectAbove(dir):
			return badName(name, "its parent is an object")
		}
		// The rest can come of folders that others remove under our hands, and then passes.
		if err != nil && (!isFolderRace(err) || try == tries) {
			return err
		}
	}
}

func isFolderRace(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) ||
		errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.EISDIR) || errors.Is(err, unix.ENOTEMPTY)
}

func (f *Folder) isFolder(name string) bool {
	stat, err := f.root.Lstat(name)
	return err == nil && stat.IsDir()
}

func (f *Folder) hasObjectAbove(dir string) bool {
	for ; dir != "."; dir = path.Dir(dir) {
		if stat, err := f.root.Lstat(dir); err == nil && stat.Mode().IsRegular() {
			return true
		}
	}
	return false
}

// syncFolders forces the new name, and those of the folders above it that may be new too, to the disk.
func (f *Folder) syncFolders(dir string) error {
	if !f.Sync.always() {
		return nil
	}
	for ; ; dir = path.Dir(dir) {
		file, err := f.openFolder(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the object was deleted meanwhile
		}
		if err != nil {
			return err
		}
		err = errors.Join(file.Sync(), file.Close())
		if err != nil {
			return fmt.Errorf("sync folder %s: %w", dir, err)
		}
		if dir == "." {
			return nil
		}
	}
}
