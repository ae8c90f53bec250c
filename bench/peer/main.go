// Command peer is the least that could stand in Podium's place: gortsplib takes RTSP publishers in and gohlslib's
// muxer makes MPEG-TS HLS of them in memory. Both are MediaMTX's own parts; what MediaMTX has around them is not here,
// nor are Podium's archive, journal and second form of each segment.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/bluenviron/gohlslib/v2"
	"github.com/bluenviron/gohlslib/v2/pkg/codecs"
	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/rtp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := chosen(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

// chosen takes RTSP publishers in, or packages a recording.
func chosen(ctx context.Context) error {
	switch {
	case len(os.Args) == 2:
		return run(ctx, os.Args[1], "")
	case len(os.Args) == 4 && os.Args[1] == "low":
		return run(ctx, os.Args[2], os.Args[3])
	case len(os.Args) == 5 && os.Args[1] == "mux":
		n, err := strconv.Atoi(os.Args[3])
		if err != nil {
			return err
		}
		return mux(ctx, os.Args[2], n, os.Args[4])
	}
	return errors.New("usage: peer HOST:PORT, peer low HOST:PORT HTTP-HOST:PORT, or peer mux CLIP CHANNELS ts|low|none")
}

// run takes publishers in. With an address for HTTP their streams are low-latency and can be watched there.
func run(ctx context.Context, address, web string) error {
	h := &handler{low: web != "", muxers: map[*gortsplib.ServerSession]*gohlslib.Muxer{}}
	s := &gortsplib.Server{Handler: h, RTSPAddress: address}
	if err := s.Start(); err != nil {
		return err
	}
	defer s.Close()
	if h.low {
		watched := &http.Server{Addr: web, Handler: h, ReadHeaderTimeout: 10 * time.Second}
		go func() { told(watched.ListenAndServe()) }()
	}
	fmt.Println("ready", address)
	<-ctx.Done()
	return nil
}

// handler makes a muxer of each publisher.
type handler struct {
	low    bool
	mu     sync.Mutex
	muxers map[*gortsplib.ServerSession]*gohlslib.Muxer
}

// OnAnnounce implements gortsplib.ServerHandlerOnAnnounce.
//
//nolint:unparam // The interface has it so.
func (h *handler) OnAnnounce(*gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnSetup implements gortsplib.ServerHandlerOnSetup.
//
//nolint:unparam // The interface has it so.
func (h *handler) OnSetup(*gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil, nil
}

// ServeHTTP shows the stream of whoever publishes.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	var m *gohlslib.Muxer
	for _, m = range h.muxers {
		break
	}
	h.mu.Unlock()
	w.Header().Set("Access-Control-Allow-Origin", "*")
	if m == nil {
		http.NotFound(w, r)
		return
	}
	m.Handle(w, r)
}

// OnSessionClose implements gortsplib.ServerHandlerOnSessionClose.
func (h *handler) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m := h.muxers[ctx.Session]; m != nil {
		m.Close()
		delete(h.muxers, ctx.Session)
	}
}

// OnRecord implements gortsplib.ServerHandlerOnRecord.
func (h *handler) OnRecord(ctx *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	m, err := record(ctx.Session, h.low)
	if err != nil {
		return &base.Response{StatusCode: base.StatusBadRequest}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.muxers[ctx.Session] = m
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// told ends the program where the muxer does not take the stream: it would be measured doing nothing.
func told(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

func record(s *gortsplib.ServerSession, low bool) (*gohlslib.Muxer, error) {
	var picture *format.H264
	var sound *format.MPEG4Audio
	pictures, sounds := s.AnnouncedDescription().FindFormat(&picture), s.AnnouncedDescription().FindFormat(&sound)
	if pictures == nil || sounds == nil {
		return nil, errors.New("expected H.264 and AAC")
	}
	sps, pps := picture.SafeParams()
	video := &gohlslib.Track{Codec: &codecs.H264{SPS: sps, PPS: pps}, ClockRate: picture.ClockRate()}
	audio := &gohlslib.Track{Codec: &codecs.MPEG4Audio{Config: *sound.Config}, ClockRate: sound.ClockRate()}
	m := &gohlslib.Muxer{
		Variant: gohlslib.MuxerVariantMPEGTS, SegmentCount: 7, SegmentMinDuration: 4 * time.Second,
		Tracks: []*gohlslib.Track{video, audio}, OnEncodeError: told,
	}
	if low { // MediaMTX's defaults.
		m.Variant, m.SegmentMinDuration, m.PartMinDuration = gohlslib.MuxerVariantLowLatency, time.Second, 200*time.Millisecond
	}
	if err := m.Start(); err != nil {
		return nil, err
	}
	videoDecoder, err := picture.CreateDecoder()
	if err != nil {
		return nil, err
	}
	audioDecoder, err := sound.CreateDecoder()
	if err != nil {
		return nil, err
	}
	s.OnPacketRTP(pictures, picture, func(p *rtp.Packet) {
		pts, ok := s.PacketPTS2(pictures, p)
		if !ok {
			return
		}
		units, err := videoDecoder.Decode(p)
		if err != nil {
			return // There is more of it to come.
		}
		if h264.IsRandomAccess(units) {
			units = append([][]byte{sps, pps}, units...) // As MediaMTX does: the muxer wants them in band.
		}
		told(m.WriteH264(video, time.Now(), pts, units))
	})
	s.OnPacketRTP(sounds, sound, func(p *rtp.Packet) {
		pts, ok := s.PacketPTS2(sounds, p)
		if !ok {
			return
		}
		if units, err := audioDecoder.Decode(p); err == nil {
			told(m.WriteMPEG4Audio(audio, time.Now(), pts, units))
		}
	})
	return m, nil
}
