package mp4

import "errors"

var errUnits = errors.New("an access unit whose NAL units do not fill it")

// Units splits a sample into its NAL units, each behind its length of some bytes (ISO 14496-15 §5.3.2). They share the sample's
// bytes.
func Units(sample []byte, lengthSize int) ([][]byte, error) {
	if lengthSize < 1 || lengthSize > 4 {
		return nil, errUnits
	}
	units := make([][]byte, 0, 4)
	for len(sample) > 0 {
		if len(sample) < lengthSize {
			return nil, errUnits
		}
		n := 0
		for _, b := range sample[:lengthSize] {
			n = n<<8 | int(b)
		}
		sample = sample[lengthSize:]
		if n > len(sample) {
			return nil, errUnits
		}
		if n > 0 {
			units = append(units, sample[:n:n])
		}
		sample = sample[n:]
	}
	return units, nil
}
