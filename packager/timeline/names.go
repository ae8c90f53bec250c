package timeline

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
