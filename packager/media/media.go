// Package media is the vocabulary the packager speaks: tracks, their codec parameters, and samples.
package media
