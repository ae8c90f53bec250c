// Package mpegts turns MPEG transport streams (ISO 13818-1), by whatever way they come, into tracks and samples.
package mpegts
