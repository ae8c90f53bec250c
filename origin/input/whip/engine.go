package whip

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// nackEvery is how often packets that are missing are asked for again. A lost one is back in this time and a round trip.
const nackEvery = 40 * time.Millisecond

// api makes WebRTC's machinery for one client: with the codecs of its offer that are taken, and nothing else.
func (s *Server) api(o *offer, asked *atomic.Uint64) (*webrtc.API, error) {
	engine := &webrtc.MediaEngine{}
	for _, c := range o.video {
		if err := engine.RegisterCodec(c, webrtc.RTPCodecTypeVideo); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrOffer, err)
		}
	}
	for _, c := range o.audio {
		if err := engine.RegisterCodec(c, webrtc.RTPCodecTypeAudio); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrOffer, err)
		}
	}
	registry := &interceptor.Registry{}
	registry.Add(&nackCounter{asked: asked})
	if err := webrtc.ConfigureNackWithOptions(engine, registry, []nack.GeneratorOption{
		nack.GeneratorInterval(nackEvery), nack.GeneratorMaxNacksPerPacket(10),
	}); err != nil {
		return nil, fmt.Errorf("ask for lost packets: %w", err)
	}
	reports, err := report.NewReceiverInterceptor()
	if err != nil {
		return nil, fmt.Errorf("report on packets: %w", err)
	}
	registry.Add(reports)
	if err := webrtc.ConfigureSimulcastExtensionHeaders(engine); err != nil {
		return nil, fmt.Errorf("name packets' streams: %w", err)
	}
	// Without it a browser does not dare to send more than 300 kb/s.
	if err := webrtc.ConfigureTWCCSender(engine, registry); err != nil {
		return nil, fmt.Errorf("report on packets' arrival: %w", err)
	}
	return webrtc.NewAPI(
		webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(s.settings()),
	), nil
}

func (s *Server) settings() webrtc.SettingEngine {
	var set webrtc.SettingEngine
	set.SetLite(true)
	set.SetICEUDPMux(s.udp)
	networks := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	if s.tcp != nil {
		set.SetICETCPMux(s.tcp)
		networks = append(networks, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6)
	}
	set.SetNetworkTypes(networks)
	set.DisableActiveTCP(true)
	set.SetIncludeLoopbackCandidate(s.loopback)
	set.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	half := orDefault(s.IdleWithin, 8*time.Second) / 2
	set.SetICETimeouts(half, half, min(half/2, 2*time.Second))
	if len(s.PublicAddresses) > 0 {
		// Beside our own addresses, by which those in the same network come.
		_ = set.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{
			External: s.PublicAddresses, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteAppend,
		})
	}
	return set
}

// nackCounter counts the packets that are asked for again.
type nackCounter struct {
	interceptor.NoOp
	asked *atomic.Uint64
}

var (
	_ interceptor.Factory     = (*nackCounter)(nil)
	_ interceptor.Interceptor = (*nackCounter)(nil)
)

// NewInterceptor implements interceptor.Factory: there is one connection for each.
func (n *nackCounter) NewInterceptor(string) (interceptor.Interceptor, error) { return n, nil }

// BindRTCPWriter implements interceptor.Interceptor.
func (n *nackCounter) BindRTCPWriter(next interceptor.RTCPWriter) interceptor.RTCPWriter {
	return interceptor.RTCPWriterFunc(func(packets []rtcp.Packet, a interceptor.Attributes) (int, error) {
		for _, p := range packets {
			lost, ok := p.(*rtcp.TransportLayerNack)
			if !ok {
				continue
			}
			for i := range lost.Nacks {
				n.asked.Add(uint64(len(lost.Nacks[i].PacketList())))
			}
		}
		return next.Write(packets, a)
	})
}
