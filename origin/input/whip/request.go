package whip

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"time"

	"github.com/pion/webrtc/v4"

	"podium.tv/podium/origin/input/publish"
)

// Request is what a client sends to begin (RFC 9725 §4.2).
type Request struct {
	Feed, Key string
	Address   netip.AddrPort
	Agent     string
	Offer     string
}

// Answer is what it is told.
type Answer struct {
	Session string // the last part of the session's address
	ETag    string // of its ICE session, quoted
	Answer  string // the session description
}

// gatherWithin bounds the search for our own addresses, which asks nobody.
const gatherWithin = 5 * time.Second

// Publish lets a client in, and answers its offer. Its errors are the desk's and those of this package.
func (s *Server) Publish(ctx context.Context, r Request) (*Answer, error) {
	info := publish.Info{Feed: r.Feed, Protocol: "whip", Address: publish.Unmapped(r.Address), Agent: clip(r.Agent)}
	if err := s.Desk.Admit(ctx, info, r.Key); err != nil {
		return nil, err
	}
	o, err := readOffer(r.Offer)
	if err != nil {
		s.refused(info, err)
		return nil, err
	}
	if err := s.reserve(); err != nil {
		s.refused(info, err)
		return nil, err
	}
	one, answer, err := s.connect(ctx, info, o)
	if err != nil {
		_ = s.settle(nil)
		s.refused(info, err)
		return nil, err
	}
	leave, err := s.Desk.Enter(one)
	if err != nil {
		_ = s.settle(nil)
		one.end(err)
		return nil, err
	}
	err = s.settle(one)
	go one.watch(leave)
	if err != nil {
		one.end(err)
		return nil, err
	}
	return &Answer{Session: one.id, ETag: one.etag, Answer: answer}, nil
}

func (s *Server) refused(info publish.Info, err error) {
	s.log().Warn("publisher refused", "protocol", info.Protocol, "feed", info.Feed, "address", info.Address.String(), "reason", err)
}

// connect makes the connection that an offer asks for, up to our answer. A fault in reading the offer is the client's.
func (s *Server) connect(ctx context.Context, info publish.Info, o *offer) (one *session, answer string, err error) {
	made := newSession(s, info, o)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrOffer, p)
		}
		if err != nil {
			made.end(err)
		}
	}()
	api, err := s.api(o, &made.asked)
	if err != nil {
		return nil, "", err
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return nil, "", fmt.Errorf("make a WebRTC connection: %w", err)
	}
	made.begin(pc)
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.text}); err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrOffer, err)
	}
	description, err := pc.CreateAnswer(nil)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrOffer, err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(description); err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrOffer, err)
	}
	timer := time.NewTimer(gatherWithin)
	defer timer.Stop()
	select {
	case <-gathered:
	case <-timer.C: // What was found by now is answered.
	case <-ctx.Done():
		return nil, "", ctx.Err()
	}
	return made, inStereo(pc.LocalDescription().SDP), nil
}

var opusFormat = regexp.MustCompile(`(?m)^a=rtpmap:(\d+) opus/48000/2\r?$`)

// inStereo asks for two channels and a rate that music survives: without it browsers send one, at 32 kb/s (RFC 7587 §6.1).
func inStereo(answer string) string {
	found := opusFormat.FindStringSubmatch(answer)
	if found == nil {
		return answer
	}
	line := regexp.MustCompile(`(?m)^a=fmtp:` + found[1] + ` ([^\r\n]*)`)
	const wanted = "stereo=1;maxaveragebitrate=128000"
	if !line.MatchString(answer) {
		return opusFormat.ReplaceAllString(answer, "a=rtpmap:$1 opus/48000/2\r\na=fmtp:$1 "+wanted+"\r")
	}
	return line.ReplaceAllString(answer, "a=fmtp:"+found[1]+" $1;"+wanted)
}

// clip bounds what a stranger has us log.
func clip(s string) string {
	if len(s) > 100 {
		return s[:100]
	}
	return s
}
