// Package rtsp takes streams in by RTSP (RFC 2326): it pulls them from cameras and servers, and it lets
// encoders publish to it.
//
// Video samples hold the slices and the SEI messages of an access unit. Access unit delimiters, filler and the
// parameter sets that the track's codec already tells are left out; a picture parameter set with another id
// than the codec's stays in, because pictures refer to it. Access units without a picture are not samples.
//
// The tracks of one connection share one time base, which starts at zero with the first track that is heard.
package rtsp
