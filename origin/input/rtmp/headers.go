package rtmp

import "bytes"

// headers are the messages that a connection sends once and a reader needs who comes later: the metadata and each track's
// configuration.
type headers struct {
	kept []message // at most maxHeaders, in the order of their first coming
	keys [][]byte
}

const (
	maxHeaders     = 16
	maxHeaderBytes = 64 << 10
)

// keep takes note of a message if it is of those.
func (h *headers) keep(m *message) {
	key := headerKey(m)
	if key == nil || len(m.body) > maxHeaderBytes {
		return
	}
	for i := range h.keys {
		if bytes.Equal(h.keys[i], key) {
			h.kept[i] = *m
			return
		}
	}
	if len(h.kept) < maxHeaders {
		h.kept, h.keys = append(h.kept, *m), append(h.keys, key)
	}
}

// headerKey is what a later message of the same meaning has too, or nil.
func headerKey(m *message) []byte {
	if m.kind == kindDataAMF0 || m.kind == kindDataAMF3 {
		return []byte{kindDataAMF0}
	}
	if !m.isMedia() {
		return nil
	}
	tags, err := readTags(m)
	if err != nil {
		return nil
	}
	key := []byte{m.kind}
	for i := range tags {
		if tags[i].part != partConfig {
			return nil
		}
		key = append(key, tags[i].track)
	}
	if len(key) == 1 {
		return nil
	}
	return key
}
