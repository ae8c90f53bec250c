package vod

// tools are the programs that help where they are there.
type tools struct {
	FFmpeg string
}

// TextFile is a file of subtitles.
type TextFile struct {
	Language string
	Path     string
}

type text struct{}

func (l *lists) writeText(*text) error { return nil }
