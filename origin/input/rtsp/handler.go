package rtsp

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"podium.tv/podium/origin/input/publish"
)

// maxMedia bounds the media of an announcement; each has a goroutine in gortsplib.
const maxMedia = 16

// handler answers gortsplib's events. Each of its methods recovers, so that one client cannot end the process.
type handler struct {
	server *Server
}

var (
	_ gortsplib.ServerHandlerOnConnOpen     = (*handler)(nil)
	_ gortsplib.ServerHandlerOnConnClose    = (*handler)(nil)
	_ gortsplib.ServerHandlerOnSessionClose = (*handler)(nil)
	_ gortsplib.ServerHandlerOnAnnounce     = (*handler)(nil)
	_ gortsplib.ServerHandlerOnSetup        = (*handler)(nil)
	_ gortsplib.ServerHandlerOnRecord       = (*handler)(nil)
	_ gortsplib.ServerHandlerOnPacketsLost  = (*handler)(nil)
	_ gortsplib.ServerHandlerOnDecodeError  = (*handler)(nil)
)

// rescue logs a panic of the callback that defers it.
func (h *handler) rescue(where string) {
	if p := recover(); p != nil { //nolint:revive // It is deferred itself.
		h.server.log().Error("rtsp callback failed", "callback", where, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	}
}

// OnConnOpen bounds the number of connections, and the time each has until it publishes.
func (h *handler) OnConnOpen(ctx *gortsplib.ServerHandlerOnConnOpenCtx) {
	defer h.rescue("connection")
	s := h.server
	if s.connections.Add(1) > s.maxConnections() {
		s.log().Warn("rtsp connection refused: too many of them", "address", addressOf(ctx.Conn.NetConn()), "limit", s.maxConnections())
		ctx.Conn.Close()
		return
	}
	ctx.Conn.SetUserData(time.AfterFunc(s.setupTimeout(), ctx.Conn.Close))
}

// OnConnClose is the counterpart of OnConnOpen.
func (h *handler) OnConnClose(ctx *gortsplib.ServerHandlerOnConnCloseCtx) {
	defer h.rescue("connection end")
	h.server.connections.Add(-1)
	if t, ok := ctx.Conn.UserData().(*time.Timer); ok {
		t.Stop()
	}
}

// OnAnnounce checks the key and whether the announced stream can be carried.
func (h *handler) OnAnnounce(ctx *gortsplib.ServerHandlerOnAnnounceCtx) (res *base.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			h.server.log().Error("rtsp announcement failed", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			res, err = status(base.StatusInternalServerError), fmt.Errorf("announcement that cannot be read")
		}
	}()
	s := h.server
	feed, ok := feedOf(ctx.Path)
	if !ok {
		return status(base.StatusNotFound), fmt.Errorf("path %q: /{feed} expected", clip(ctx.Path))
	}
	if res, err := h.authorize(ctx, feed); res != nil {
		return res, err
	}
	address := addressOf(ctx.Conn.NetConn())
	log := s.log().With("feed", feed, "address", address)
	if len(ctx.Description.Medias) > maxMedia {
		log.Warn("rtsp publisher refused: too many tracks", "tracks", len(ctx.Description.Medias), "limit", maxMedia)
		return status(base.StatusUnsupportedMediaType), fmt.Errorf("%d tracks, at most %d expected", len(ctx.Description.Medias), maxMedia)
	}
	if tracks, dropped := plan(ctx.Description); len(tracks) == 0 {
		err := noTracks(dropped)
		log.Warn("rtsp publisher refused", "reason", err)
		return status(base.StatusUnsupportedMediaType), err
	}
	ctx.Session.SetUserData(&publisher{
		server: s, feed: feed, address: address, desc: ctx.Description, session: ctx.Session,
		agent: agentOf(ctx.Request), left: make(chan struct{}),
	})
	return status(base.StatusOK), nil
}

// authorize gives a response if the request is to be refused.
func (h *handler) authorize(ctx *gortsplib.ServerHandlerOnAnnounceCtx, feed string) (*base.Response, error) {
	s := h.server
	address := addressOf(ctx.Conn.NetConn())
	key, given := streamKey(ctx.Request, ctx.Query)
	if !given {
		// A client that has credentials sends them once it is asked to. gortsplib adds the question.
		return status(base.StatusUnauthorized), liberrors.ErrServerAuth{}
	}
	lookup, cancel := context.WithTimeout(s.ctx, s.readTimeout())
	defer cancel()
	err := s.Desk.Admit(lookup, publish.Info{Feed: feed, Protocol: "rtsp", Address: address, Agent: agentOf(ctx.Request)}, key)
	switch {
	case err == nil:
		return nil, nil
	case errors.Is(err, publish.ErrWrongKey):
		return status(base.StatusUnauthorized), liberrors.ErrServerAuth{}
	default:
		return status(codeOf(err)), fmt.Errorf("feed %q: %w", feed, err)
	}
}

// codeOf is the status that tells an encoder why it is not let in.
func codeOf(err error) base.StatusCode {
	switch {
	case errors.Is(err, publish.ErrUnknownFeed):
		return base.StatusNotFound
	case errors.Is(err, publish.ErrTaken), errors.Is(err, publish.ErrAttempts):
		return base.StatusForbidden
	default:
		return base.StatusServiceUnavailable
	}
}

// OnSetup lets a publisher set its tracks up. There is nothing to play.
func (h *handler) OnSetup(ctx *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if ctx.Session.State() != gortsplib.ServerSessionStatePreRecord {
		return status(base.StatusNotFound), nil, nil
	}
	return status(base.StatusOK), nil, nil
}

// OnRecord makes the session its feed's publisher.
func (h *handler) OnRecord(ctx *gortsplib.ServerHandlerOnRecordCtx) (res *base.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			h.server.log().Error("rtsp record failed", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			res, err = status(base.StatusInternalServerError), fmt.Errorf("session that cannot be recorded")
		}
	}()
	s := h.server
	p, ok := ctx.Session.UserData().(*publisher)
	if !ok {
		return status(base.StatusBadRequest), fmt.Errorf("record without an announcement")
	}
	h.listenTo(ctx.Session, p)
	leave, err := s.Desk.Enter(p)
	if err != nil {
		return status(codeOf(err)), fmt.Errorf("feed %s: %w", p.feed, err)
	}
	p.leave = leave
	if t, ok := ctx.Conn.UserData().(*time.Timer); ok {
		t.Stop()
	}
	return status(base.StatusOK), nil
}

// listenTo registers the callbacks of a session's packets.
func (h *handler) listenTo(session *gortsplib.ServerSession, p *publisher) {
	now := h.server.now()
	for _, medium := range p.desc.Medias {
		for _, f := range medium.Formats {
			payloadType := f.PayloadType()
			session.OnPacketRTP(medium, f, func(pkt *rtp.Packet) {
				defer h.rescue("packet")
				p.packet(medium, payloadType, pkt, now())
			})
		}
	}
	session.OnPacketRTCPAny(func(medium *description.Media, pkt rtcp.Packet) {
		defer h.rescue("report")
		if sr, ok := pkt.(*rtcp.SenderReport); ok {
			p.report(medium, sr)
		}
	})
}

// OnSessionClose tells the feed that its publisher left.
func (h *handler) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	defer h.rescue("session end")
	p, ok := ctx.Session.UserData().(*publisher)
	if !ok {
		return
	}
	s := h.server
	cause := fmt.Errorf("%w: %w", publish.ErrLeft, ctx.Error)
	var torn liberrors.ErrServerSessionTornDown
	if errors.As(ctx.Error, &torn) {
		cause = publish.ErrLeft
	}
	if s.ctx.Err() != nil {
		cause = publish.ErrClosed
	}
	p.end(cause)
	if p.leave != nil {
		p.leave(p.cause)
	}
}

// OnPacketsLost is here so that gortsplib does not log; losses are counted by track.
func (*handler) OnPacketsLost(*gortsplib.ServerHandlerOnPacketsLostCtx) {}

// OnDecodeError counts packets that gortsplib cannot read.
func (h *handler) OnDecodeError(ctx *gortsplib.ServerHandlerOnDecodeErrorCtx) {
	defer h.rescue("decode error")
	if p, ok := ctx.Session.UserData().(*publisher); ok {
		p.broken(ctx.Error)
	}
}

// feedOf takes the feed out of a path.
func feedOf(path string) (string, bool) {
	feed := strings.Trim(path, "/")
	return feed, publish.ValidFeed(feed)
}

func agentOf(req *base.Request) string {
	if v := req.Header["User-Agent"]; len(v) > 0 {
		return clip(v[0])
	}
	return ""
}

func clip(s string) string {
	if len(s) > 100 {
		return s[:100]
	}
	return s
}
