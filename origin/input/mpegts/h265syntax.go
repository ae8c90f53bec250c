package mpegts

// h265Syntax knows access units of H.265. Its fields are pictures of their own.
type h265Syntax struct{}

func (h265Syntax) lost() {}

func (h265Syntax) field([][]byte) (is, second bool) { return false, false }

// begins implements syntax by H.265 §7.4.2.4.4.
func (h265Syntax) begins(unit []byte) (first, slice bool) {
	switch typ := unit[0] >> 1 & 0x3f; {
	case typ < 32: // A slice; its first bit behind the header is first_slice_segment_in_pic_flag.
		return len(unit) > 2 && unit[2]&0x80 != 0, true
	case typ <= 35, typ == 39, typ >= 41 && typ <= 44, typ >= 48 && typ <= 55:
		return true, false
	}
	return false, false
}
