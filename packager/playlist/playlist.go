// Package playlist writes M3U8 text; it is the only place that knows the library that encodes it.
package playlist
