// Package hls takes streams in by HLS (RFC 8216bis), live ones and films, so that another portal's channel can be carried.
//
// Segments come in bursts and are handed out at the pace of their media, some target durations behind the live edge.
// MPEG-TS, fragmented MP4 and packed audio are read, whole or encrypted as a whole (AES-128).
package hls
