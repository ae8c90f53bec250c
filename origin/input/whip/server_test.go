package whip_test

import (
	"errors"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	wm "github.com/pion/webrtc/v4/pkg/media"
	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input"
	"podium.tv/podium/origin/input/publish"
	"podium.tv/podium/origin/input/whip"
	"podium.tv/podium/packager/media"
)

func TestPublish(t *testing.T) {
	r := newRig(t, nil)
	c := newClient(t, wants{})
	c.connect(r)
	c.show(lecture(t, "320x180"))
	require.Eventually(t, func() bool {
		return len(r.feed.of(media.Video)) > 100 && len(r.feed.of(media.Audio)) > 200
	}, 30*time.Second, 20*time.Millisecond)
	tracks := r.feed.last()
	require.Len(t, r.feed.described, 1)
	require.Len(t, tracks, 2)
	require.IsType(t, &media.H264{}, tracks[0].Codec)
	require.IsType(t, &media.Opus{}, tracks[1].Codec)
	video, audio := r.feed.of(media.Video), r.feed.of(media.Audio)
	require.True(t, video[0].Sync)
	for i := 1; i < 100; i++ {
		require.Equal(t, video[i-1].PTS+3600, video[i].PTS)
		require.Equal(t, video[i].PTS, video[i].DTS)
	}
	// What was written at the same moment has the same time, by the sender reports.
	require.InDelta(t, media.Duration(video[0].PTS, 90000), media.Duration(audio[0].PTS, 48000), float64(60*time.Millisecond))
	require.Positive(t, c.pictures.Load(), "a key frame is asked for")
	require.Equal(t, "whip", r.desk.Publishers()[0].Protocol)

	require.NoError(t, r.server.Delete("hall1", c.answer.Session))
	require.ErrorIs(t, <-r.ended, publish.ErrLeft)
	require.Eventually(t, func() bool { return len(r.desk.Publishers()) == 0 }, 10*time.Second, 10*time.Millisecond)
}

// What is lost on the way and sent again makes whole pictures.
func TestLostPacketsAreAskedForAgain(t *testing.T) {
	r := newRig(t, nil)
	c := newClient(t, wants{losing: &losing{every: 7}})
	c.connect(r)
	c.show(lecture(t, "640x360"))
	require.Eventually(t, func() bool { return len(r.feed.of(media.Video)) > 75 }, 30*time.Second, 20*time.Millisecond)
	n, ok := r.input.Network()
	require.True(t, ok)
	require.Positive(t, n.Asked)
	require.Positive(t, n.Recovered)
	require.Positive(t, n.Received)
	require.Zero(t, n.Lost)
	video := r.feed.of(media.Video)
	for i := 1; i < 75; i++ {
		require.Equal(t, video[i-1].PTS+3600, video[i].PTS, "a picture is missing")
	}
}

// What stays lost is said, the picture that it was of is left out, and a key frame is asked for.
func TestPacketsThatStayLost(t *testing.T) {
	r := newRig(t, func(s *whip.Server) { s.KeyframeEvery = -1 })
	c := newClient(t, wants{losing: &losing{every: 101, again: true}})
	c.connect(r)
	c.show(lecture(t, "640x360"))
	require.Eventually(t, func() bool {
		r.feed.mutex.Lock()
		defer r.feed.mutex.Unlock()
		for _, err := range r.feed.warned {
			var loss *input.LossError
			if errors.As(err, &loss) && loss.Lost > 0 {
				return true
			}
		}
		return false
	}, 40*time.Second, 20*time.Millisecond)
	require.Eventually(t, func() bool { return c.pictures.Load() >= 2 }, 20*time.Second, 10*time.Millisecond)
}

// Sound that comes late is described when it is there.
func TestLateSound(t *testing.T) {
	r := newRig(t, nil)
	c := newClient(t, wants{})
	c.connect(r)
	audio := c.audio
	c.audio = nil
	c.show(lecture(t, "320x180"))
	require.Eventually(t, func() bool { return len(r.feed.of(media.Video)) > 25 }, 30*time.Second, 20*time.Millisecond)
	require.Len(t, r.feed.last(), 1)
	go func() {
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for range 1000 {
			select {
			case <-c.stop:
				return
			case <-ticker.C:
				_ = audio.WriteSample(wm.Sample{Data: []byte{0xF8, 0xFF, 0xFE}, Duration: 20 * time.Millisecond})
			}
		}
	}()
	require.Eventually(t, func() bool { return len(r.feed.last()) == 2 && len(r.feed.of(media.Audio)) > 10 }, 30*time.Second, 20*time.Millisecond)
	video, sound := r.feed.of(media.Video), r.feed.of(media.Audio)
	require.InDelta(t, media.Duration(video[len(video)-1].PTS, 90000), media.Duration(sound[len(sound)-1].PTS, 48000), float64(2*time.Second))
}

// A browser that makes its pictures smaller is described anew, at a key frame.
func TestAnotherSize(t *testing.T) {
	r := newRig(t, nil)
	c := newClient(t, wants{silent: true})
	c.connect(r)
	film := lecture(t, "640x360")[:25]
	c.show(append(append(film, lecture(t, "320x180")[:50]...), film...))
	size := func() int {
		r.feed.mutex.Lock()
		defer r.feed.mutex.Unlock()
		return len(r.feed.described)
	}
	require.Eventually(t, func() bool { return size() >= 2 }, 30*time.Second, 20*time.Millisecond)
}

func TestRefusals(t *testing.T) {
	r := newRig(t, func(s *whip.Server) { s.MaxSessions = 1 })
	_, err := r.publish(newClient(t, wants{mimes: []string{webrtc.MimeTypeVP8}}).offer())
	require.ErrorIs(t, err, whip.ErrNoVideoCodec)
	_, err = r.publish("v=0\r\n")
	require.ErrorIs(t, err, whip.ErrOffer)
	_, err = r.server.Publish(t.Context(), whip.Request{Feed: "hall1", Key: "wrong", Offer: "v=0"})
	require.ErrorIs(t, err, publish.ErrWrongKey)
	_, err = r.server.Publish(t.Context(), whip.Request{Feed: "nowhere", Key: key, Offer: "v=0"})
	require.ErrorIs(t, err, publish.ErrUnknownFeed)

	c := newClient(t, wants{mimes: []string{webrtc.MimeTypeVP8, webrtc.MimeTypeH264}})
	c.connect(r)
	require.NotContains(t, c.answer.Answer, "VP8")
	_, err = r.publish(newClient(t, wants{}).offer())
	require.ErrorIs(t, err, publish.ErrTaken)
	_, err = r.server.Publish(t.Context(), whip.Request{Feed: "hall2", Key: key, Offer: newClient(t, wants{}).offer()})
	require.ErrorIs(t, err, publish.ErrFull)
	require.ErrorIs(t, r.server.Delete("hall2", c.answer.Session), whip.ErrSession, "a session is of its feed")

	etag, err := r.server.ETag("hall1", c.answer.Session)
	require.NoError(t, err)
	require.Equal(t, c.answer.ETag, etag)
	require.NoError(t, r.server.Patch("hall1", c.answer.Session, "a=end-of-candidates\r\n"))
	require.ErrorIs(t, r.server.Patch("hall1", c.answer.Session, "a=ice-ufrag:other\r\n"), whip.ErrRestart)
	require.ErrorIs(t, r.server.Patch("hall1", c.answer.Session, "GET /"), whip.ErrFragment)

	c.close()
	require.Eventually(t, func() bool { return len(r.desk.Publishers()) == 0 }, 20*time.Second, 10*time.Millisecond, "a client that hangs up is gone")
}

// A client that is answered and never comes does not keep the feed.
func TestAClientThatNeverConnects(t *testing.T) {
	r := newRig(t, func(s *whip.Server) { s.ConnectWithin = 300 * time.Millisecond })
	_, err := r.publish(newClient(t, wants{}).offer())
	require.NoError(t, err)
	require.Len(t, r.desk.Publishers(), 1)
	require.ErrorIs(t, <-r.ended, whip.ErrUnreachable)
	require.Eventually(t, func() bool { return len(r.desk.Publishers()) == 0 }, 20*time.Second, 10*time.Millisecond)
}

func TestCloseEndsSessions(t *testing.T) {
	r := newRig(t, nil)
	c := newClient(t, wants{})
	c.connect(r)
	r.server.Close()
	require.ErrorIs(t, <-r.ended, publish.ErrClosed)
	_, err := r.publish(newClient(t, wants{}).offer())
	require.ErrorIs(t, err, publish.ErrClosed)
}

// The answer tells of a NAT's address beside our own, and of TCP where that is on.
func TestAddressesOfTheAnswer(t *testing.T) {
	r := newRig(t, func(s *whip.Server) { s.PublicAddresses, s.TCP = []string{"203.0.113.7"}, "127.0.0.1:0" })
	answer, err := r.publish(newClient(t, wants{}).offer())
	require.NoError(t, err)
	require.Contains(t, answer.Answer, "a=ice-lite")
	require.Regexp(t, `candidate:\S+ 1 udp \d+ 203\.0\.113\.7 \d+ typ host`, answer.Answer)
	require.Regexp(t, `candidate:\S+ 1 udp \d+ 127\.0\.0\.1 \d+ typ host`, answer.Answer)
	require.Regexp(t, `candidate:\S+ 1 tcp \d+ 127\.0\.0\.1 \d+ typ host tcptype passive`, answer.Answer)
	require.Contains(t, answer.Answer, "stereo=1")
}
