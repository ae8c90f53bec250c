package health_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/feed/health"
	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/isobmff"
	"podium.tv/podium/origin/input/mpegts"
	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/origin/input/rtmp"
	"podium.tv/podium/origin/input/srt/socket"
	"podium.tv/podium/origin/input/whip"
	"podium.tv/podium/packager/media"
)

// encoder sends to a monitor as real ones do, on a clock of its own.
type encoder struct {
	m          *health.Monitor
	now        time.Time
	dts        int64 // of pictures, at 90 kHz
	heard      int64 // of sound, in samples
	frames     int
	gop        int
	interval   time.Duration
	noVideo    bool
	noAudio    bool
	stands     bool
	muted      bool
	networkLag func(n int) time.Duration
}

func newEncoder(t testing.TB) *encoder {
	t.Helper()
	e := &encoder{m: new(health.Monitor), now: time.Unix(1_700_000_000, 0), gop: 50, interval: 40 * time.Millisecond}
	e.m.Begin(e.now)
	e.m.Describe(lecture(t), e.now)
	return e
}

var quiet = []byte{0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c} //nolint:gochecknoglobals // what ffmpeg makes of silence

func (e *encoder) play(d time.Duration) {
	for end := e.now.Add(d); e.now.Before(end); {
		at := e.now
		if e.networkLag != nil {
			at = at.Add(e.networkLag(e.frames))
		}
		if !e.noVideo {
			e.m.Sample(0, &media.Sample{DTS: e.dts, PTS: e.dts, Sync: e.frames%e.gop == 0, Units: [][]byte{make([]byte, 10_000)}}, at)
			e.frames++
		}
		if !e.stands {
			e.dts += int64(e.interval * 90_000 / time.Second)
		}
		e.now = e.now.Add(e.interval)
		for media.Duration(e.heard, 48000) < time.Duration(e.now.UnixNano()-time.Unix(1_700_000_000, 0).UnixNano()) {
			if !e.noAudio {
				frame := append([]byte{0x21, 0x17, 0x4f}, make([]byte, 400)...)
				if e.muted {
					frame = quiet
				}
				e.m.Sample(1, &media.Sample{DTS: e.heard, PTS: e.heard, Sync: true, Units: [][]byte{frame}}, e.now)
			}
			e.heard += 1024
		}
	}
}

func TestReportOfAGoodSource(t *testing.T) {
	e := newEncoder(t)
	e.play(time.Minute)
	r := e.m.Report(e.now)
	require.Equal(t, health.OK, r.Grade, "%v", r.Reasons)
	require.Empty(t, r.Reasons)
	require.True(t, r.Connected)
	require.InDelta(t, 25, r.FPS, 1)
	require.InDelta(t, 25*10_000*8+48000./1024*403*8, r.Bitrate, 100_000)
	require.Equal(t, health.GOP{Pictures: 50, Lasts: 2 * time.Second}, r.GOP)
	require.Equal(t, r.GOP, r.LongestGOP)
	require.Less(t, r.Jitter, time.Millisecond)
	require.Less(t, r.Skew.Abs(), 50*time.Millisecond)
	require.Equal(t, []health.Track{
		{Kind: media.Video, Codec: "h264", Width: 1280, Height: 720, NominalFPS: r.Tracks[0].NominalFPS},
		{Kind: media.Audio, Codec: "aac", SampleRate: 48000, Channels: 2},
	}, r.Tracks)
	require.Less(t, r.NoVideoFor, time.Second)
	require.Zero(t, r.StandingFor)
	require.Zero(t, r.SilentFor)
	require.Nil(t, r.Network)
	require.Empty(t, r.LastError)
}

func TestVerdictsAndGrades(t *testing.T) {
	for name, test := range map[string]struct {
		script func(e *encoder)
		grade  health.Grade
		code   string
		check  func(t *testing.T, v health.Verdict)
	}{
		"pictures stop": {
			func(e *encoder) { e.noVideo = true; e.play(6 * time.Second) }, health.Bad, health.NoVideo,
			func(t *testing.T, v health.Verdict) {
				require.InDelta(t, 6, v.NoVideoFor.Seconds(), 0.1)
				require.Less(t, v.NoAudioFor, time.Second)
			},
		},
		"sound stops": {
			func(e *encoder) { e.noAudio = true; e.play(12 * time.Second) }, health.Poor, health.NoAudio,
			func(t *testing.T, v health.Verdict) {
				require.InDelta(t, 12, v.NoAudioFor.Seconds(), 0.1)
				require.Zero(t, v.SilentFor)
			},
		},
		"stamps stand": {
			func(e *encoder) { e.stands = true; e.play(4 * time.Second) }, health.Bad, health.Standing,
			func(t *testing.T, v health.Verdict) {
				require.InDelta(t, 4, v.StandingFor.Seconds(), 0.1)
				require.Less(t, v.NoVideoFor, time.Second)
			},
		},
		"stamps jump back": {
			func(e *encoder) { e.dts = 0; e.play(4 * time.Second) }, health.Poor, health.Skewed,
			func(t *testing.T, v health.Verdict) { require.Zero(t, v.StandingFor) },
		},
		"the mixer is muted": {
			func(e *encoder) { e.muted = true; e.play(40 * time.Second) }, health.Poor, health.Silent,
			func(t *testing.T, v health.Verdict) {
				require.InDelta(t, 40, v.SilentFor.Seconds(), 0.1)
				require.Less(t, v.NoAudioFor, time.Second)
			},
		},
		"a muted mixer is heard again": {
			func(e *encoder) { e.muted = true; e.play(40 * time.Second); e.muted = false; e.play(time.Second) },
			health.OK, "", func(t *testing.T, v health.Verdict) { require.Zero(t, v.SilentFor) },
		},
		"key frames every 10 s": {func(e *encoder) { e.gop = 250; e.play(30 * time.Second) }, health.Poor, health.LongGOP, nil},
		"no key frame any more": {func(e *encoder) { e.gop = 1 << 30; e.play(30 * time.Second) }, health.Bad, health.LongGOP, nil},
		"fewer pictures": {
			func(e *encoder) { e.gop, e.interval = 20, 100*time.Millisecond; e.play(30 * time.Second) },
			health.Bad, health.SlowPictures, nil,
		},
		"uneven": {
			func(e *encoder) {
				e.networkLag = func(n int) time.Duration { return time.Duration(n%2) * 700 * time.Millisecond }
				e.play(30 * time.Second)
			}, health.Poor, health.Uneven, nil,
		},
		"errors": {
			func(e *encoder) {
				for range 20 {
					e.m.Warn(&input.LossError{Lost: 10}, e.now)
					e.play(time.Second)
				}
			}, health.Bad, health.Errors, func(t *testing.T, v health.Verdict) { require.InDelta(t, 200, v.Errors, 0) },
		},
		"errors of long ago": {
			func(e *encoder) { e.m.Warn(&input.LossError{Lost: 1000}, e.now); e.play(70 * time.Second) }, health.OK, "",
			func(t *testing.T, v health.Verdict) { require.Zero(t, v.Errors) },
		},
		"black": {
			func(e *encoder) {
				for range 10 {
					e.m.Look(health.Look{Black: true, Frozen: true}, e.now)
					e.play(4 * time.Second)
				}
			}, health.Poor, health.Black, func(t *testing.T, v health.Verdict) {
				require.InDelta(t, 40, v.BlackFor.Seconds(), 0.1)
				require.InDelta(t, 40, v.FrozenFor.Seconds(), 0.1)
			},
		},
		"black no more": {
			func(e *encoder) {
				e.m.Look(health.Look{Black: true}, e.now)
				e.play(40 * time.Second)
				e.m.Look(health.Look{}, e.now)
			}, health.OK, "", func(t *testing.T, v health.Verdict) { require.Zero(t, v.BlackFor) },
		},
		"eyes close": {
			func(e *encoder) { e.m.Look(health.Look{Black: true}, e.now); e.play(2 * time.Minute) }, health.OK, "",
			func(t *testing.T, v health.Verdict) { require.Zero(t, v.BlackFor) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEncoder(t)
			e.play(25 * time.Second)
			require.Equal(t, health.OK, e.m.Report(e.now).Grade)
			test.script(e)
			r := e.m.Report(e.now)
			require.Equal(t, test.grade, r.Grade, "%v", r.Reasons)
			if test.code != "" {
				require.Equal(t, test.code, r.Reasons[0].Code, "%v", r.Reasons)
				require.NotContains(t, r.Reasons[0].String(), "{")
			}
			if test.check != nil {
				test.check(t, e.m.Verdict(e.now))
			}
		})
	}
}

func TestVerdictBeforeAndBetweenConnections(t *testing.T) {
	var m health.Monitor
	now := time.Unix(1_700_000_000, 0)
	require.Equal(t, health.Verdict{}, m.Verdict(now))
	m.Begin(now)
	now = now.Add(4 * time.Second)
	require.Equal(t, 4*time.Second, m.Verdict(now).NoVideoFor, "nothing comes")
	require.Equal(t, health.Off, m.Report(now).Grade, "nobody publishes")
	tracks := lecture(t)
	m.Describe(tracks[1:], now)
	require.Zero(t, m.Verdict(now).NoVideoFor, "it has sound only")
	m.Describe(tracks, now)
	m.Sample(0, &media.Sample{Units: [][]byte{{1}}, Sync: true}, now)
	now = now.Add(time.Second)
	m.Describe(tracks, now)
	require.Equal(t, time.Second, m.Verdict(now).NoVideoFor, "since the last picture, whatever is described")
	m.Describe(tracks[:1], now)
	require.True(t, m.Verdict(now).Sound, "sound that is lost on the way is missed")
	m.End(io.EOF, now)
	require.Equal(t, health.Verdict{Since: now}, m.Verdict(now.Add(time.Hour)))
	r := m.Report(now)
	require.Equal(t, health.Off, r.Grade)
	require.Equal(t, "EOF", r.LastError)
	require.Equal(t, health.AdviseClosed, r.Advice.Code)
	var none *health.Monitor
	none.Begin(now)
	none.Describe(tracks, now)
	none.Sample(0, &media.Sample{}, now)
	none.Warn(io.EOF, now)
	none.Look(health.Look{}, now)
	none.End(nil, now)
	require.Equal(t, health.Off, none.Report(now).Grade)
	require.Zero(t, none.Verdict(now))
}

// meter is an input's, that tests set.
type meter struct{ n input.Network }

func (m *meter) Network() (input.Network, bool) { return m.n, m.n.Received > 0 }

func TestNetwork(t *testing.T) {
	e, net := newEncoder(t), new(meter)
	e.m.Meter = net
	require.Nil(t, e.m.Report(e.now).Network)
	for range 30 {
		net.n.Received += 980
		net.n.Lost += 20
		net.n.Recovered += 50
		net.n.Asked += 70
		net.n.RTT, net.n.Latency = 80*time.Millisecond, 120*time.Millisecond
		e.play(time.Second)
		_ = e.m.Report(e.now)
	}
	r := e.m.Report(e.now)
	require.InDelta(t, 2, r.Network.Loss, 0.01)
	require.InDelta(t, 5, r.Network.Recovered, 0.01)
	require.EqualValues(t, 70*30, r.Network.NACKs)
	require.Equal(t, health.Bad, r.Grade)
	require.Equal(t, health.Loss, r.Reasons[0].Code)
	require.Equal(t, "2 % of packets are lost: use a cable instead of Wi-Fi, lower the bit rate, or send by SRT, which asks for lost packets again.",
		r.Reasons[0].String())
	require.Equal(t, health.ShortLatency, r.Reasons[1].Code)
	for range 20 { // It gets well.
		net.n.Received += 1000
		net.n.Latency = time.Second
		e.play(time.Second)
		_ = e.m.Report(e.now)
	}
	require.Equal(t, health.OK, e.m.Report(e.now).Grade)
	net.n = input.Network{Received: 5, Lost: 1} // Another connection.
	require.Zero(t, e.m.Report(e.now).Network.Loss)
	net.n = input.Network{}
	require.Nil(t, e.m.Report(e.now).Network)
}

func TestAdvise(t *testing.T) {
	for want, errs := range map[string][]error{
		"":                       {nil, errors.New("something new")},
		health.AdviseKey:         {fmt.Errorf("feed hall1: %w", publish.ErrWrongKey)},
		health.AdviseTaken:       {publish.ErrTaken, publish.ErrTakenOver},
		health.AdviseKeyFrames:   {input.Waited(input.ErrNoKeyframe, time.Second, "x")},
		health.AdviseCodec:       {whip.ErrOffer, whip.ErrNoVideoCodec, whip.ErrNoAudioCodec, &input.UnsupportedTrackError{Codec: "g711"}},
		health.AdviseSlow:        {&input.LossError{Dropped: 1, Lost: 1}},
		health.AdviseLoss:        {&input.LossError{Lost: 1}},
		health.AdviseBroken:      {&input.LossError{Broken: 1}},
		health.AdviseRefused:     {fmt.Errorf("connect: %w", syscall.ECONNREFUSED)},
		health.AdviseUnreachable: {syscall.EHOSTUNREACH},
		health.AdviseClosed:      {socket.ErrLeft, socket.ErrIdle, whip.ErrVanished, publish.ErrLeft, io.EOF, syscall.ECONNRESET},
		health.AdviseCredentials: {errors.New("bad status code: 401 (Unauthorized)")},
		health.AdvisePath:        {rtmp.ErrRefused, errors.New("the server has no such stream: x")},
		health.AdvisePassphrase:  {errors.New("srt: wrong passphrase")},
		health.AdviseUnknownFeed: {publish.ErrUnknownFeed},
		health.AdviseTimeout:     {socket.ErrNoAnswer, syscall.ETIMEDOUT},
		health.AdviseListening:   {syscall.EADDRINUSE},
		health.AdviseDisk:        {syscall.ENOSPC},
		health.AdviseFrozen:      {input.ErrSilent},
		health.AdviseParameters:  {input.ErrNoParameters},
		health.AdviseNotTS:       {mpegts.ErrNoPackets, mpegts.ErrNoTables},
		health.AdviseProgram:     {mpegts.ErrNoProgram},
		health.AdviseEncrypted:   {isobmff.ErrEncrypted},
		health.AdviseDatagrams:   {whip.ErrUnreachable, fmt.Errorf("%w for 10s: no datagram comes to udp://x", input.ErrSilent)},
		health.AdviseLimit:       {input.ErrTooMuch},
		health.AdviseFile:        {fmt.Errorf("film lecture.mp4: %w", fs.ErrNotExist)},
		health.AdviseProtocol:    {socket.ErrBroken},
		health.AdviseTracks:      {input.ErrNoTracks},
	} {
		for _, err := range errs {
			require.Equal(t, want, health.Advise(err).Code, "%v", err)
		}
	}
	for _, code := range health.Codes() {
		require.NotEmpty(t, health.Notice{Code: code}.String())
	}
	require.Empty(t, health.Notice{}.String())
}

func TestSampleAllocatesNothing(t *testing.T) {
	e := newEncoder(t)
	e.play(time.Second)
	picture := &media.Sample{Units: [][]byte{make([]byte, 1000)}}
	sound := &media.Sample{Units: [][]byte{quiet}}
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		e.now = e.now.Add(20 * time.Millisecond)
		picture.DTS += 1800
		sound.DTS += 960
		e.m.Sample(0, picture, e.now)
		e.m.Sample(1, sound, e.now)
	}))
}

func TestMonitorIsSharedSafely(t *testing.T) {
	e := newEncoder(t)
	now := e.now
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for i := range 200 {
				_ = e.m.Report(now.Add(time.Duration(i) * 50 * time.Millisecond))
				_ = e.m.Verdict(now)
				e.m.Look(health.Look{}, now)
			}
		})
	}
	e.play(10 * time.Second)
	readers.Wait()
}

func BenchmarkSample(b *testing.B) {
	e := newEncoder(b)
	s := &media.Sample{Units: [][]byte{make([]byte, 1000)}}
	b.ReportAllocs()
	for b.Loop() {
		s.DTS += 3600
		e.now = e.now.Add(40 * time.Millisecond)
		e.m.Sample(0, s, e.now)
	}
}
