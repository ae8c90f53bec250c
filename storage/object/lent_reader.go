package object

import (
	"bytes"
	"io/fs"
	"sync"
)

// lentReader reads a caller's slice until it is given back. An http.Transport may go on reading a request's body for a
// while after the request has failed, when the caller may already be filling the slice with something else.
//
// It can be rewound and read in parallel, which minio-go needs to try again and to upload parts.
type lentReader struct {
	mutex sync.Mutex
	body  *bytes.Reader // nil once given back
}

// Read implements io.Reader.
func (r *lentReader) Read(p []byte) (int, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.body == nil {
		return 0, fs.ErrClosed
	}
	return r.body.Read(p)
}

// ReadAt implements io.ReaderAt.
func (r *lentReader) ReadAt(p []byte, offset int64) (int, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.body == nil {
		return 0, fs.ErrClosed
	}
	return r.body.ReadAt(p, offset)
}

// Seek implements io.Seeker.
func (r *lentReader) Seek(offset int64, whence int) (int64, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.body == nil {
		return 0, fs.ErrClosed
	}
	return r.body.Seek(offset, whence)
}

func (r *lentReader) giveBack() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.body = nil
}
