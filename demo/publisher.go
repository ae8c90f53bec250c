package demo

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	mrand "math/rand/v2"
	"net/url"
	"slices"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"

	"podium.tv/podium/origin/input/rtptime"
	"podium.tv/podium/packager/media"
)

// reportEvery is how often the wall clock is sent; cameras do so about as often.
const reportEvery = 5 * time.Second

// Publisher is the demo's encoder: it publishes a clip over and over by RTSP, as a camera would, in real time and
// with nothing encoded anew.
type Publisher struct {
	// URL is where to publish, such as rtsp://127.0.0.1:8554/hall1, without credentials.
	URL string

	// Key is the feed's stream key.
	Key string

	// Clip defaults to Lecture().
	Clip *Clip

	// Log defaults to no log.
	Log *slog.Logger

	// Now is the wall clock that sender reports tell. It defaults to time.Now.
	Now func() time.Time
}

// Run publishes until ctx is done, and connects again whenever the connection ends. Time goes on meanwhile: a
// publisher that is back goes on where the lecture would be.
func (p *Publisher) Run(ctx context.Context) error {
	clip := p.Clip
	if clip == nil {
		var err error
		if clip, err = Lecture(); err != nil {
			return err
		}
	}
	target, err := url.Parse(p.URL)
	if err != nil || target.Host == "" {
		return fmt.Errorf("publish the demo: address %q: rtsp://host:port/feed expected", p.URL)
	}
	target.User = url.UserPassword("publish", p.Key)
	log := p.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	log = log.With("address", p.URL)
	programme, err := newProgramme(clip)
	if err != nil {
		return err
	}
	now := p.Now
	if now == nil {
		now = time.Now
	}

	pause := backoff{}
	var epoch time.Time // when the first repetition began; zero before the first connection
	for {
		began := time.Now()
		err := programme.publish(ctx, target, &epoch, now)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // The connection ended because it was asked to.
		}
		if time.Since(began) > time.Minute {
			pause = backoff{}
		}
		wait := pause.next()
		log.Warn("the demo's encoder lost its connection", "error", err, "again", wait)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// backoff doubles from a quarter of a second to five seconds, with jitter.
type backoff struct{ last time.Duration }

func (b *backoff) next() time.Duration {
	b.last = min(max(2*b.last, 250*time.Millisecond), 5*time.Second)
	return b.last/2 + mrand.N(b.last/2+1) //nolint:gosec // Nobody gains by guessing it.
}

// entrySlack lets a connection begin with a key frame that was due a moment ago.
const entrySlack = 20 * time.Millisecond

// programme is a clip made ready to be sent.
type programme struct {
	clip  *Clip
	desc  *description.Session
	lanes []*lane
	steps []step // of one repetition, in the order of sending
}

// step is one sample that is due at a time from the start of a repetition on.
type step struct {
	at     time.Duration
	track  int
	sample *media.Sample
}

// lane is one track on the wire.
type lane struct {
	medium *description.Media
	format format.Format
	rate   int
	encode func(s *media.Sample) ([]*rtp.Packet, error)
	origin uint32 // RTP time of the track's zero (RFC 3550 §5.1: random)

	ssrc            uint32
	packets, octets uint32
}

func newProgramme(clip *Clip) (*programme, error) {
	p := &programme{clip: clip, desc: &description.Session{Title: "Podium"}}
	for i, t := range clip.Tracks {
		l, err := newLane(t, uint8(96+i))
		if err != nil {
			return nil, err
		}
		p.lanes = append(p.lanes, l)
		p.desc.Medias = append(p.desc.Medias, l.medium)
		// A picture leaves an encoder after it was taken, however long before its presentation it is decoded.
		var depth int64
		for _, s := range clip.Samples[i] {
			depth = max(depth, s.PTS-s.DTS)
		}
		for n := range clip.Samples[i] {
			s := &clip.Samples[i][n]
			p.steps = append(p.steps, step{at: media.Duration(s.DTS+depth, t.Timescale), track: i, sample: s})
		}
	}
	slices.SortStableFunc(p.steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	return p, nil
}

func newLane(t media.Track, payloadType uint8) (*lane, error) {
	var seed [4]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return nil, err
	}
	l := &lane{rate: t.Timescale, origin: binary.BigEndian.Uint32(seed[:])}
	switch c := t.Codec.(type) {
	case *media.H264:
		f := &format.H264{PayloadTyp: payloadType, SPS: c.SPS, PPS: c.PPS, PacketizationMode: 1}
		encoder, err := f.CreateEncoder()
		if err != nil {
			return nil, err
		}
		l.rate = f.ClockRate()
		l.format = f
		l.medium = &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{f}}
		l.encode = func(s *media.Sample) ([]*rtp.Packet, error) {
			if !s.Sync {
				return encoder.Encode(s.Units)
			}
			return encoder.Encode(append([][]byte{c.SPS, c.PPS}, s.Units...))
		}
	case *media.AAC:
		conf, err := c.Parse()
		if err != nil {
			return nil, err
		}
		f := &format.MPEG4Audio{
			PayloadTyp: payloadType, Config: &conf,
			SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3,
		}
		encoder, err := f.CreateEncoder()
		if err != nil {
			return nil, err
		}
		l.format = f
		l.medium = &description.Media{Type: description.MediaTypeAudio, Formats: []format.Format{f}}
		l.encode = func(s *media.Sample) ([]*rtp.Packet, error) { return encoder.Encode(s.Units) }
	default:
		return nil, fmt.Errorf("codec %s in a clip: H.264 and AAC expected", t.Codec.Name())
	}
	return l, nil
}

// publish holds one connection. Repetition n of the clip begins at epoch + n times its duration.
func (p *programme) publish(ctx context.Context, target *url.URL, epoch *time.Time, now func() time.Time) error {
	client := &gortsplib.Client{
		UserAgent:                "podium demo",
		ReadTimeout:              5 * time.Second,
		WriteTimeout:             5 * time.Second,
		DisableRTCPSenderReports: true, // gortsplib writes nanoseconds where units of 1/2^32 s belong.
		Transport:                new(gortsplib.Transport),
		OnDecodeError:            func(error) {},
	}
	*client.Transport = gortsplib.TransportTCP
	address, err := base.ParseURL(target.String())
	if err != nil {
		return fmt.Errorf("publish the demo: address %s cannot be read", target.Redacted())
	}
	client.Scheme, client.Host = address.Scheme, address.Host
	if err := client.Start2(); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	defer client.Close()
	forget := context.AfterFunc(ctx, client.Close)
	defer forget()
	if _, err := client.Announce(address, p.desc); err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	if err := client.SetupAll(address, p.desc.Medias); err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	if _, err := client.Record(); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	stats := client.Stats().Session
	for _, l := range p.lanes {
		l.ssrc = stats.Medias[l.medium].Formats[l.format].LocalSSRC
		l.packets, l.octets = 0, 0
	}
	ended := make(chan error, 1)
	go func() { ended <- client.Wait() }()
	if epoch.IsZero() {
		*epoch = now()
	}
	return p.send(ctx, client, *epoch, now, ended)
}

func (p *programme) send(
	ctx context.Context, client *gortsplib.Client, epoch time.Time, now func() time.Time, ended <-chan error,
) error {
	elapsed := max(now().Sub(epoch)-entrySlack, 0)
	repetition := int64(elapsed / p.clip.Duration)
	first := p.entry(elapsed % p.clip.Duration)
	if first == len(p.steps) {
		first, repetition = 0, repetition+1
	}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var nextReport time.Duration
	for i := first; ; i++ {
		if i == len(p.steps) {
			i, repetition = 0, repetition+1
		}
		s := &p.steps[i]
		offset := time.Duration(repetition) * p.clip.Duration
		due := offset + s.at
		if wait := due - now().Sub(epoch); wait > 0 {
			timer.Reset(wait)
			select {
			case <-ctx.Done():
				return ctx.Err()
			case err := <-ended:
				return err
			case <-timer.C:
			}
		} else if wait < -10*time.Second {
			return errors.New("the machine slept or its clock was set")
		}
		if due >= nextReport {
			nextReport = due + reportEvery
			if err := p.report(client, epoch, now()); err != nil {
				return err
			}
		}
		if err := p.write(client, s, offset); err != nil {
			return err
		}
	}
}

// entry is the first step at or after a time that a connection can begin with.
func (p *programme) entry(at time.Duration) int {
	video := p.clip.video()
	for i := range p.steps {
		if s := &p.steps[i]; s.at >= at && s.track == video && s.sample.Sync {
			return i
		}
	}
	return len(p.steps)
}

func (p *programme) write(client *gortsplib.Client, s *step, offset time.Duration) error {
	l := p.lanes[s.track]
	packets, err := l.encode(s.sample)
	if err != nil {
		return fmt.Errorf("packetize: %w", err)
	}
	scale := p.clip.Tracks[s.track].Timescale
	stamp := l.origin + uint32(media.FromDuration(offset+media.Duration(s.sample.PTS, scale)+rounding, l.rate))
	for _, pkt := range packets {
		pkt.Timestamp += stamp
		l.packets++
		l.octets += uint32(len(pkt.Payload))
		if err := client.WritePacketRTP(l.medium, pkt); err != nil {
			return fmt.Errorf("send: %w", err)
		}
	}
	return nil
}

// rounding makes up for a tick's fraction lost on the way through nanoseconds.
const rounding = time.Microsecond

// report sends, for every track, which wall clock belongs to which RTP time at this moment. The time since epoch is
// monotonic; the wall clock is what it is now, even if it was set in between.
func (p *programme) report(client *gortsplib.Client, epoch, wall time.Time) error {
	for _, l := range p.lanes {
		stamp := l.origin + uint32(media.FromDuration(wall.Sub(epoch), l.rate))
		sr := rtptime.SenderReport(l.ssrc, wall, stamp, l.packets, l.octets)
		if err := client.WritePacketRTCP(l.medium, sr); err != nil {
			return fmt.Errorf("send a report: %w", err)
		}
	}
	return nil
}
