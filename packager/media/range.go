package media

import "fmt"

// Range is a run of bytes in an object.
type Range struct {
	Offset int64 `json:"o"`
	Length int64 `json:"n"`
}

// End is the offset behind the last byte.
func (r Range) End() int64 { return r.Offset + r.Length }

// Slices are the ranges' bytes in b; one of length 0 is empty. Nothing is copied.
func Slices(b []byte, ranges []Range) ([][]byte, error) {
	out := make([][]byte, len(ranges))
	for i, r := range ranges {
		if r.Offset < 0 || r.Length < 0 || r.Offset > int64(len(b)) || r.Length > int64(len(b))-r.Offset {
			return nil, fmt.Errorf("range %d is %d bytes at %d of an object of %d", i, r.Length, r.Offset, len(b))
		}
		out[i] = b[r.Offset:r.End():r.End()]
	}
	return out, nil
}
