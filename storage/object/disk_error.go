package object

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"
)

// diskError gives an error of reading a local file the meaning that all stores share. A folder that is met where an object
// was expected, or the reverse, is no object: S3 has no folders.
func diskError(doing, name string, err error) error {
	switch {
	case err == nil:
		return nil
	case isDiskFull(err):
		return fmt.Errorf("%s %s: %w: %w", doing, name, ErrFull, err)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.EISDIR):
		return fmt.Errorf("%s %s: %w", doing, name, ErrNotFound)
	}
	return fmt.Errorf("%s %s: %w", doing, name, err)
}

// writeError is diskError for writing, where a file or a folder that is missing is a fault and not an answer.
func writeError(doing, name string, err error) error {
	switch {
	case errors.Is(err, ErrBadName), errors.Is(err, ErrFull):
		return err
	case isDiskFull(err):
		return fmt.Errorf("%s %s: %w: %w", doing, name, ErrFull, err)
	}
	return fmt.Errorf("%s %s: %w", doing, name, err)
}

// isDiskFull covers a full disk, a quota, and a limit on the size of files.
func isDiskFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EFBIG)
}
