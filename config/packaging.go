package config

// Packaging is how the house cuts and keeps what its feeds send.
type Packaging struct {
	// SegmentTarget is the length that segments are cut at, at the first IDR picture after it.
	SegmentTarget Duration `yaml:"segment_target" reload:"live"`
	// LiveWindow is the length of a live playlist.
	LiveWindow Duration `yaml:"live_window" reload:"live"`
	// LowLatency is whether players may play close behind live, where they can.
	LowLatency bool `yaml:"low_latency" reload:"live"`
	// PartTarget is the length of the parts that they are given of a segment that is not whole yet. 0 makes none.
	PartTarget Duration `yaml:"part_target"`
	// Archive is how long aired media is kept for catch-up.
	Archive Duration `yaml:"archive" reload:"live"`
	// ArchiveBytes bounds the media that each feed keeps and each channel shows beyond the live playlist. 0 is no bound.
	ArchiveBytes Size `yaml:"archive_bytes" reload:"live"`
	// Chunks says that the segments of a closed hour are gathered into one object.
	Chunks bool `yaml:"chunks"`
	// Recent is how much of a timeline is kept in memory.
	Recent Duration `yaml:"recent"`
	// FlushEvery is how often a timeline's index is written to the store.
	FlushEvery Duration `yaml:"flush_every"`
}

func (p *Packaging) validate(v *validator) {
	v.segmentTarget("packaging.segment_target", p.SegmentTarget)
	v.liveWindow("packaging.live_window", p.LiveWindow, p.SegmentTarget)
	v.partTarget("packaging.part_target", p.PartTarget)
	v.archive("packaging.archive", p.Archive)
	v.between("packaging.recent", p.Recent, 5*minute, 24*hour)
	v.between("packaging.flush_every", p.FlushEvery, 1*second, 10*minute)
}

func (v *validator) segmentTarget(key string, d Duration) { v.between(key, d, 1*second, 30*second) }

// partTarget is not shorter than what a player's round trip and a camera's frame take.
func (v *validator) partTarget(key string, d Duration) {
	if d != 0 {
		v.between(key, d, 100*millisecond, 1*second)
	}
}

func (v *validator) archive(key string, d Duration) { v.between(key, d, 0, 366*24*hour) }

// liveWindow holds the rule that a live playlist is at least three target durations long: a client that
// starts at the edge begins three from the end (RFC 8216 §6.3.3).
func (v *validator) liveWindow(key string, window, target Duration) {
	if window < 3*target {
		v.mismatch(key, "at least three segment targets, "+(3*target).String(), window.String())
		return
	}
	v.between(key, window, 0, 60*minute)
}
