package render

import "fmt"

// appendDolby writes the sample entries of ETSI TS 102 366 annex F.3 and F.5.
func appendDolby(b *boxes, entry, kind string, channels, rate int, config []byte) error {
	if rate == 0 || len(config) > 64 {
		return fmt.Errorf("%w: %s configuration %x", ErrBadParameters, entry, config[:min(len(config), 64)])
	}
	openAudio(b, entry, channels, rate)
	b.open(kind)
	b.bytes(config)
	b.close()
	b.close()
	return nil
}
