package vod

import (
	"errors"
	"os"
)

// chunk is how much is written at once. The page cache takes pages as large as what is written, and large ones are often
// not at hand: in a virtual machine, writing a segment whole takes twice the time.
const chunk = 64 << 10

// writeFile writes a new file.
func writeFile(name string, b []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666) //nolint:gosec // In the folder that the operator names.
	if err != nil {
		return err
	}
	for len(b) > 0 && err == nil {
		n := min(len(b), chunk)
		_, err = f.Write(b[:n])
		b = b[n:]
	}
	return errors.Join(err, f.Close())
}
