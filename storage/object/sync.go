package object

import "fmt"

// Sync says when a file written is forced to the disk.
//
// A process that is killed, even by SIGKILL, loses nothing under either policy: what was written is in the kernel's
// page cache, which outlives the process. A loss of power or a crash of the kernel loses, under SyncNever, what was
// written in about the last 30 seconds, and a file so written can be found empty or with zeros in it.
type Sync string

// The policies. The zero value is SyncNever.
const (
	SyncNever  Sync = "never"  // fast; the default, fit for segments
	SyncAlways Sync = "always" // fsync the file and its folder before Put returns
)

func (s Sync) check() error {
	switch s {
	case "", SyncNever, SyncAlways:
		return nil
	}
	return fmt.Errorf("sync is %q, expected %q or %q", string(s), SyncAlways, SyncNever)
}

func (s Sync) always() bool {
	return s == SyncAlways
}
