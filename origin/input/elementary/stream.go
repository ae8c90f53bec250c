package elementary

import (
	"fmt"
	"slices"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/packager/media"
)

// Stream is the tracks of one connection on their way to a feed: it keeps samples until all tracks are known, describes
// the tracks, again when one of them has changed, begins each track of pictures with a random access point, and gives up a
// connection that gets nowhere. One goroutine owns it. It must not be copied.
type Stream struct {
	Receiver input.Receiver
	// Packets is what packets are called in messages, such as "RTP packets".
	Packets string
	// ParametersWait, KeyframeWait and Silence are what is waited for at most: a track's parameters, a random access
	// point, any sample at all. They default to 10, 20 and 20 seconds.
	ParametersWait, KeyframeWait, Silence time.Duration
	// Hold says that more tracks may come: samples are held, and nothing is described. For a wire that does not tell in front
	// what there will be.
	Hold bool

	tracks    []*Track
	described bool
	started   time.Time // since when the tracks are waited for
	sampled   time.Time // when the last sample was delivered
	faults    input.LossError
	held      []heldSample
	heldBytes int
}

// Begin says from when on tracks and samples are waited for.
func (s *Stream) Begin(now time.Time) {
	s.started, s.sampled = now, now
	s.ParametersWait = orDefault(s.ParametersWait, 10*time.Second)
	s.KeyframeWait = orDefault(s.KeyframeWait, 20*time.Second)
	s.Silence = orDefault(s.Silence, 20*time.Second)
}

// Add takes a track on. One that comes late is described with its first sample.
func (s *Stream) Add(tracks ...*Track) {
	for _, t := range tracks {
		t.index = -1
	}
	s.tracks = append(s.tracks, tracks...)
	s.described = false
}

// Set makes these the tracks, in their order. Those that are among them already go on; the others are taken out. Where that, or a
// track's language, is a change, the tracks are described anew with the next sample, as soon as all are known.
func (s *Stream) Set(tracks ...*Track) {
	same := slices.Equal(tracks, s.tracks)
	for _, t := range s.tracks {
		if !slices.Contains(tracks, t) {
			t.index, t.begun, t.codec = -1, false, nil
		}
	}
	for _, t := range tracks {
		if !slices.Contains(s.tracks, t) {
			t.index = -1
		}
		same = same && t.language == t.Language
	}
	s.tracks = slices.Clone(tracks)
	s.described = s.described && same
}

// Tracks are those that were added and not dropped for want of parameters.
func (s *Stream) Tracks() []*Track { return s.tracks }

// Has says whether a track was added and not dropped.
func (s *Stream) Has(t *Track) bool { return slices.Contains(s.tracks, t) }

// Broken counts a packet or an access unit that could not be read.
func (s *Stream) Broken(err error) {
	s.faults.Broken++
	s.faults.Last = err
}

// Lost counts packets that never came, and Dropped those that the feed was too slow to take.
func (s *Stream) Lost(packets uint64) { s.faults.Lost += packets }

// Dropped counts packets that the feed was too slow to take.
func (s *Stream) Dropped(packets uint64) { s.faults.Dropped += packets }

// Report tells the receiver what went wrong since the last time; call it each second and at the end.
func (s *Stream) Report() {
	if !s.faults.Any() {
		return
	}
	faults := s.faults
	faults.Packets = s.Packets
	s.faults = input.LossError{}
	s.Receiver.Warn(&faults)
}

// Deliver gives a sample that came at some time to the receiver, after the description that holds for it. Its error is what the
// receiver says of the tracks, and final.
func (s *Stream) Deliver(t *Track, sample media.Sample, at time.Time) error {
	codec := t.Essence.Codec()
	if codec != t.codec && sample.Sync && (t.codec == nil || !media.Equal(t.codec, codec)) {
		t.codec, t.timescale = codec, t.Essence.Timescale()
		s.described = false
	}
	if !s.described {
		ok, err := s.describe()
		if err != nil {
			return err
		}
		if !ok {
			s.hold(t, sample, at)
			return nil
		}
		held := s.held
		s.held, s.heldBytes = nil, 0
		for _, h := range held {
			s.hand(h.track, h.sample, h.at)
		}
	}
	s.hand(t, sample, at)
	return nil
}

// hand gives a sample to the receiver. A track of pictures begins with a random access point.
func (s *Stream) hand(t *Track, sample media.Sample, at time.Time) {
	if t.index < 0 || !t.begun && !sample.Sync {
		return
	}
	t.begun = true
	s.sampled = at
	s.Receiver.Sample(t.index, sample)
}

// What is held while the tracks are not all known: about the first second of a stream.
const (
	maxHeld      = 512
	maxHeldBytes = 16 << 20
)

type heldSample struct {
	track  *Track
	sample media.Sample
	at     time.Time
}

// hold keeps a sample until the tracks are described; if that takes long, the oldest are of no use any more.
func (s *Stream) hold(t *Track, sample media.Sample, at time.Time) {
	if len(s.held) == maxHeld || s.heldBytes > maxHeldBytes {
		s.held, s.heldBytes = nil, 0
	}
	s.held = append(s.held, heldSample{t, sample, at})
	s.heldBytes += sample.Size()
}

// describe tells the receiver the tracks, if all of them are known.
func (s *Stream) describe() (bool, error) {
	if s.Hold {
		return false, nil
	}
	out := make([]media.Track, 0, len(s.tracks))
	for i, t := range s.tracks {
		if t.codec == nil {
			t.codec, t.timescale = t.Essence.Codec(), t.Essence.Timescale()
		}
		if t.codec == nil {
			return false, nil
		}
		out = append(out, media.Track{ID: i + 1, Timescale: t.timescale, Language: t.Language, Codec: t.codec})
	}
	if err := s.Receiver.Describe(out); err != nil {
		return false, fmt.Errorf("describe the tracks: %w", err)
	}
	for i, t := range s.tracks {
		t.index, t.language = i, t.Language
	}
	s.described = true
	return true, nil
}

// Check ends a connection that does not get anywhere; call it each second.
func (s *Stream) Check(now time.Time) error {
	if err := s.checkParameters(now); err != nil {
		return err
	}
	for _, t := range s.tracks {
		v, ok := t.Essence.(Video)
		if !ok || !t.Heard || !v.Waiting() {
			t.waiting = time.Time{}
			continue
		}
		if t.waiting.IsZero() {
			t.waiting = now
		}
		if now.Sub(t.waiting) >= s.KeyframeWait {
			return input.Waited(input.ErrNoKeyframe, s.KeyframeWait, "set the encoder's key frame interval to 2 seconds")
		}
	}
	if now.Sub(s.sampled) >= s.Silence {
		return fmt.Errorf("%w for %s", input.ErrSilent, s.Silence)
	}
	return nil
}

// checkParameters gives up waiting for parameters that are told in the stream only. Sound that never comes is left
// out; without its pictures a stream is nothing.
func (s *Stream) checkParameters(now time.Time) error {
	if s.described || len(s.tracks) == 0 {
		s.started = now
		return nil
	}
	if now.Sub(s.started) < s.ParametersWait {
		return nil
	}
	kept := make([]*Track, 0, len(s.tracks))
	for _, t := range s.tracks {
		if t.Essence.Codec() != nil {
			kept = append(kept, t)
			continue
		}
		if t.Kind == media.Video {
			return input.Waited(input.ErrNoParameters, s.ParametersWait,
				"set the encoder to send the "+t.Name+" parameter sets before every key frame")
		}
		t.index = -1
		s.Receiver.Warn(input.Waited(input.ErrNoParameters, s.ParametersWait,
			"the "+t.Name+" track is left out; check that the encoder sends it"))
	}
	if len(kept) == len(s.tracks) {
		return nil
	}
	s.tracks = kept
	if len(kept) == 0 {
		return input.Waited(input.ErrNoParameters, s.ParametersWait, "none of the tracks tells what it is")
	}
	return nil
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
