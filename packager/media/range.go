package media

// Range is a run of bytes in an object.
type Range struct {
	Offset int64 `json:"o"`
	Length int64 `json:"n"`
}

// End is the offset behind the last byte.
func (r Range) End() int64 { return r.Offset + r.Length }
