package station

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// ErrRunning says that another process works with the data folder.
var ErrRunning = errors.New("another podium works with this data folder: stop it first")

// lockPatience is how long a start waits for the process before it to end.
const lockPatience = 10 * time.Second

// lock makes the data folder this process's, for two would write into each other's journals. The kernel lets go of it
// when the process ends, however it ends.
func lock(ctx context.Context, folder string, patience time.Duration, log *slog.Logger) (release func() error, err error) {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	path := filepath.Join(folder, "lock")
	file, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	for told, began := false, time.Now(); ; {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return file.Close, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
		}
		if time.Since(began) >= patience {
			return nil, errors.Join(fmt.Errorf("%s: %w", folder, ErrRunning), file.Close())
		}
		if !told {
			told = true
			log.Warn("waiting for another podium to leave the data folder", "folder", folder, "at_most", patience)
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), file.Close())
		case <-time.After(100 * time.Millisecond):
		}
	}
}
