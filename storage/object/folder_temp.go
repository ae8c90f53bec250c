package object

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// tempRoot holds temporary files. '+' is outside the alphabet of object names, so no object is ever in it.
const tempRoot = "+tmp"

// openTemp makes this process's own folder of temporary files and removes those of processes that ended.
//
// Each process holds a lock on ID.lock beside its folder ID, which the kernel lets go when the process ends however
// it ends. So a lock that can be taken belongs to nobody, and its folder can go.
func (f *Folder) openTemp() error {
	if err := f.root.MkdirAll(tempRoot, 0o750); err != nil {
		return err
	}

	// One opener at a time: a lock file just made and not yet locked looks like a dead process's.
	door, err := f.root.OpenFile(path.Join(tempRoot, "door"), os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return err
	}
	defer door.Close()
	if err := unix.Flock(int(door.Fd()), unix.LOCK_EX); err != nil {
		return err
	}

	if err := f.sweepTemp(); err != nil {
		return err
	}

	var id [8]byte
	_, _ = rand.Read(id[:])
	f.temp = path.Join(tempRoot, hex.EncodeToString(id[:]))
	f.lock, err = f.root.OpenFile(f.temp+".lock", os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o640)
	if err != nil {
		return err
	}
	err = unix.Flock(int(f.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		err = f.root.Mkdir(f.temp, 0o750)
	}
	if err != nil {
		_ = f.lock.Close()
	}
	return err
}

func (f *Folder) sweepTemp() error {
	dir, err := f.root.Open(tempRoot)
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		id, ok := strings.CutSuffix(name, ".lock")
		if !ok {
			continue
		}
		lock, err := f.root.OpenFile(path.Join(tempRoot, name), os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue // its owner has just closed
		}
		if err != nil {
			return err
		}
		dead := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
		if dead {
			// The folder first: without its lock nobody would find it again.
			err = f.root.RemoveAll(path.Join(tempRoot, id))
			if err == nil {
				err = f.root.Remove(path.Join(tempRoot, name))
			}
		}
		_ = lock.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *Folder) closeTemp() {
	_ = f.root.RemoveAll(f.temp)
	_ = f.root.Remove(f.temp + ".lock")
	_ = f.lock.Close()
}

func (f *Folder) createTemp() (string, *os.File, error) {
	name := path.Join(f.temp, strconv.FormatUint(f.count.Add(1), 10))
	const flags = os.O_CREATE | os.O_EXCL | os.O_WRONLY
	file, err := f.root.OpenFile(name, flags, 0o640)
	if errors.Is(err, fs.ErrNotExist) {
		// Somebody emptied the folder while we run; go on rather than fail until the next start.
		if err = f.root.MkdirAll(f.temp, 0o750); err == nil {
			file, err = f.root.OpenFile(name, flags, 0o640)
		}
	}
	return name, file, err
}

func (f *Folder) removeTemp(name string) {
	_ = f.root.Remove(name)
}
