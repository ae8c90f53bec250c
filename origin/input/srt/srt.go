// Package srt takes MPEG-TS in by SRT: from encoders that call and say by their stream id which feed they publish, from a
// listener that is called, and from one peer at a port of a feed's own.
package srt

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/mpegts"
	"podium.tv/podium/origin/input/srt/socket"
)

// Latency is what packets wait for those before them, where nothing else is set: a lost packet is asked for and sent again four times in
// it over a path of 50 ms.
const Latency = 200 * time.Millisecond

// Waits bound what is waited for in a stream.
type Waits struct {
	// ParametersWait is how long tables and a track's parameter sets may take. It defaults to 10 seconds.
	ParametersWait time.Duration
	// KeyframeWait is how long pictures may come without one to start from. It defaults to 20 seconds.
	KeyframeWait time.Duration
	// Silence is how long a connection may bring nothing usable. It defaults to 20 seconds.
	Silence time.Duration
}

// LateError says that packets could not be recovered in the time that the latency gives.
type LateError struct {
	Packets      uint64
	Latency, RTT time.Duration
}

// Error implements error.
func (e *LateError) Error() string {
	s := fmt.Sprintf("%d SRT packets did not come within the latency of %s in the last second", e.Packets, e.Latency)
	if e.RTT <= 0 {
		return s
	}
	s += fmt.Sprintf(" (round trip %s)", e.RTT.Round(time.Millisecond))
	if e.Latency < 4*e.RTT {
		s += ": set a latency of at least four round trips, here or at the encoder"
	}
	return s
}

// payloads waits for what a connection brings next.
type payloads func(ctx context.Context) ([][]byte, error)

// stream is one reader's time at a connection.
type stream struct {
	demuxer mpegts.Demuxer
	meter   func() socket.Stats
	told    socket.Stats
}

func newStream(r input.Receiver, w Waits, program int, now func() time.Time, meter func() socket.Stats) *stream {
	if now == nil {
		now = time.Now
	}
	return &stream{
		demuxer: mpegts.Demuxer{
			Receiver: r, Program: program, Now: now,
			ParametersWait: w.ParametersWait, KeyframeWait: w.KeyframeWait, Silence: w.Silence,
		},
		meter: meter,
	}
}

// run delivers until the connection ends, the receiver refuses, or ctx is done.
func (s *stream) run(ctx context.Context, next payloads) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("mpeg-ts that cannot be read: %v", p)
			s.demuxer.Receiver.Warn(fmt.Errorf("%w\n%s", err, debug.Stack()))
		}
	}()
	s.told = s.meter()
	defer s.demuxer.Close()
	for {
		err := s.second(ctx, next)
		s.report()
		if err != nil {
			return err
		}
		if err := s.demuxer.Tick(s.demuxer.Now()); err != nil {
			return err
		}
	}
}

// second reads for a second.
func (s *stream) second(ctx context.Context, next payloads) error {
	second, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	for {
		batch, err := next(second)
		for _, b := range batch {
			if _, err := s.demuxer.Write(b); err != nil {
				return err
			}
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, context.DeadlineExceeded) || err == nil && second.Err() != nil:
			return nil
		case err != nil:
			return err
		}
	}
}

// report tells the receiver what went wrong since the last time. Losses that the stream itself shows are told by the demuxer.
func (s *stream) report() {
	now := s.meter()
	if late := now.Lost - s.told.Lost; late > 0 {
		s.demuxer.Receiver.Warn(&LateError{Packets: late, Latency: now.Latency, RTT: now.RTT})
	}
	wrong := &input.LossError{Packets: "SRT packets", Dropped: now.Dropped - s.told.Dropped, Broken: now.Sealed - s.told.Sealed}
	if wrong.Broken > 0 {
		wrong.Last = errSealed
	}
	if wrong.Any() {
		s.demuxer.Receiver.Warn(wrong)
	}
	s.told = now
}

var errSealed = errors.New("a packet that cannot be decrypted")

// network is what a connection's statistics and its stream say together.
func network(peer string, s socket.Stats, d *mpegts.Demuxer) input.Network {
	n := input.Network{
		Peer: peer, Received: s.Received, Lost: s.Lost, Recovered: s.Recovered, Asked: s.Asked,
		RTT: s.RTT, Latency: s.Latency, Bandwidth: s.Bandwidth, Errors: s.Sealed,
	}
	if d != nil {
		n.ContinuityError = d.Errors()
		n.Errors += n.ContinuityError
	}
	return n
}
