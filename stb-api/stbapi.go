// Package stbapi is everything of Podium that answers HTTP: it composes the slices below it into one server.
package stbapi
