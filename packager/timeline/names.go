package timeline

import (
	"fmt"
	"strconv"
	"strings"
)

// InitPrefix is what the names of all sets of track parameters begin with.
const InitPrefix = "inits/"

// InitName is the object that holds a set of track parameters, by version. It is named by content, so that
// channels mix media of many owners.
func InitName(version string) string { return InitPrefix + version + ".json" }

// HotMedia and HotTS are the hot cache's keys for an object as it is stored and for its MPEG-TS form: one key a
// segment, whichever channel or view it is asked through.
func HotMedia(object string) string { return "m/" + object }

// HotTS is described at HotMedia.
func HotTS(object string) string { return "t/" + object }

// MediaName is the object that holds an owner's segment with a sequence number: spread over folders of 1,000, found
// without an index.
func MediaName(owner string, seq uint64) string {
	return fmt.Sprintf("%s/media/%d/%d.cmaf", owner, seq/1000, seq)
}

// ParseMediaName parts a segment's name into the timeline that owns it and the sequence number it has there.
func ParseMediaName(name string) (owner string, seq uint64, ok bool) {
	owner, rest, ok := strings.Cut(name, "/media/")
	_, file, slash := strings.Cut(rest, "/")
	digits, cmaf := strings.CutSuffix(file, ".cmaf")
	if !ok || !slash || !cmaf {
		return "", 0, false
	}
	seq, err := strconv.ParseUint(digits, 10, 64)
	return owner, seq, err == nil && MediaName(owner, seq) == name
}

// ChunkName is the object that holds all segments that start in one of an owner's hours.
func ChunkName(owner string, hour int64) string { return fmt.Sprintf("%s/chunks/%d.cmaf", owner, hour) }

// IndexName is the object that holds the entries that start in one of a timeline's hours.
func IndexName(timeline string, hour int64) string {
	return fmt.Sprintf("%s/index/%d.idx", timeline, hour)
}
