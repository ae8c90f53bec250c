package vod

import (
	"fmt"
	"io"
	"time"

	"podium.tv/podium/packager/media"
)

// sample is one sample on its way into a segment, in the time that is put out.
type sample struct {
	dts      int64
	offset   int32 // PTS-DTS
	duration uint32
	sync     bool
	size     uint32
	pos      int64    // in the file, where units is nil
	units    [][]byte // NAL units without framing, or one frame of sound
}

// source gives the samples of one file, track by track in decoding order.
type source interface {
	// tracks are those that are put out: a picture at most, and sound.
	tracks() []media.Track
	// next gives a track's next sample, or io.EOF.
	next(track int, s *sample) error
	// lengthSize is how many bytes of length stand before the NAL units of a track's samples in the file.
	lengthSize(track int) int
	// file is where the samples' bytes are, or nil where samples bring theirs.
	file() io.ReaderAt
	// origin is the time in the file that is put out as media.FirstTime.
	origin() time.Duration
}

// FileError is a file that cannot be packaged, and why.
type FileError struct {
	Name string
	Err  error
}

// Error implements error.
func (e *FileError) Error() string { return fmt.Sprintf("%s: %v", e.Name, e.Err) }

// Unwrap implements errors.Unwrap.
func (e *FileError) Unwrap() error { return e.Err }
