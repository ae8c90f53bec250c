package play

import "strconv"

// anyHour stands for the hour in the name of a segment that is asked for by its number alone.
const anyHour = -1

// parseManifest reads a manifest's name without its ending.
func parseManifest(s string) (name, error) {
	if s == "index" {
		return name{kind: manifest}, nil
	}
	v, err := parseView(s)
	return name{kind: manifest, view: v}, err
}

// parseNumbered reads what stands behind "seg-n": the template of a manifest can fill in a number, but no hour.
func parseNumbered(s, ending string) (name, error) {
	n, rest, err := parsePlace("0-" + s)
	if err != nil || ending != "m4s" {
		return name{}, errName
	}
	n.kind, n.hour = trackSegment, anyHour
	if n, err = n.ofStream(s, rest); n.key != "" {
		return name{}, errName // Players of DASH cannot decrypt what HLS encrypts.
	}
	return n, err
}

// numberedName writes what parseNumbered reads.
func numberedName(dst []byte, seq uint64) []byte {
	return strconv.AppendUint(append(dst, "seg-n"...), seq, 10)
}
