package udp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/mpegts"
)

// Input receives one transport stream.
type Input struct {
	// URL is udp://GROUP:PORT, udp://:PORT or udp://ADDRESS:PORT with an address of this machine; rtp:// means the same.
	URL string
	// Interface is the name, or an address, of the network interface that a group is joined on. The routes choose by default.
	Interface string
	// Source is the address of the only sender that is listened to; of a group, by IGMPv3 or MLDv2 (RFC 4607).
	Source string
	// Program is the program_number; 0 is the first with pictures or sound.
	Program int
	// ReadBuffer is the size of the socket's buffer in bytes. 0 takes what the system gives of two megabytes.
	ReadBuffer int
	// ReadTimeout is for how long nothing may come at all. It defaults to 10 seconds.
	ReadTimeout time.Duration
	// ParametersWait, KeyframeWait and Silence are those of mpegts.Demuxer.
	ParametersWait, KeyframeWait, Silence time.Duration

	session atomic.Pointer[session]
}

// defaultBuffer holds a second of 16 Mb/s.
const defaultBuffer = 2 << 20

var (
	_ input.Input = (*Input)(nil)
	_ input.Meter = (*Input)(nil)
)

// String implements input.Input.
func (i *Input) String() string { return i.URL }

// Run implements input.Input.
func (i *Input) Run(ctx context.Context, r input.Receiver) error {
	a, err := parse(i.URL)
	if err != nil {
		return err
	}
	iface, err := findInterface(i.Interface)
	if err != nil {
		return err
	}
	source, err := i.source(a)
	if err != nil {
		return err
	}
	s, err := open(ctx, a, iface, source, cmp.Or(i.ReadBuffer, defaultBuffer))
	if err != nil {
		return err
	}
	if s.buffer < i.ReadBuffer {
		r.Warn(fmt.Errorf("the kernel gives a UDP buffer of %d KiB, %d KiB were asked for: "+
			"set sysctl net.core.rmem_max=%d, or packets are lost in bursts", s.buffer>>10, i.ReadBuffer>>10, i.ReadBuffer))
	}
	return i.receive(ctx, s, source, r)
}

// source reads the address of the only sender.
func (i *Input) source(a address) (netip.Addr, error) {
	if i.Source == "" {
		return netip.Addr{}, nil
	}
	source, err := netip.ParseAddr(i.Source)
	if err != nil || source.IsMulticast() || a.at.Addr().IsValid() && source.Unmap().Is6() != a.v6() {
		return source, fmt.Errorf("source: expected the IP address of the sender, of the same kind as %s, got %q", a.at.Addr(), i.Source)
	}
	return source.Unmap(), nil
}

// receive takes what the reader reads, until one of both cannot go on.
func (i *Input) receive(ctx context.Context, s *socket, source netip.Addr, r input.Receiver) (cause error) {
	done := make(chan struct{})
	read := &reader{socket: s, queue: newQueue(), done: done, heard: time.Now(), sender: sender{only: source}}
	d := &mpegts.Demuxer{
		Receiver: r, Program: i.Program, ParametersWait: i.ParametersWait, KeyframeWait: i.KeyframeWait, Silence: i.Silence,
	}
	now := &session{reader: read, queue: read.queue, demuxer: d}
	i.session.Store(now)
	ended, gone := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(gone)
		ended <- read.run()
	}()
	defer func() {
		i.session.Store(nil)
		close(done)
		if err := s.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			cause = errors.Join(cause, err)
		}
		<-gone
		d.Close()
	}()
	return now.run(ctx, r, ended, func(now time.Time) error { return i.quiet(read, now) })
}

// run is the goroutine that takes the stream apart.
func (s *session) run(ctx context.Context, r input.Receiver, ended <-chan error, quiet func(time.Time) error) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var data []byte
	var told faults
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-ended:
			return err
		case <-s.queue.wake:
			data = s.queue.take(data)
			if _, err := s.demuxer.Write(data); err != nil {
				return err
			}
		case now := <-ticker.C:
			s.measure(now)
			told.report(s, r)
			if err := quiet(now); err != nil {
				return err
			}
			if err := s.demuxer.Tick(now); err != nil {
				return err
			}
		}
	}
}
