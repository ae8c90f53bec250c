package whip

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// What an offer may hold at most; Chromium offers about 50 formats of video.
const (
	maxSections = 4
	maxFormats  = 128
)

// offer is what a client proposes, as far as it is taken.
type offer struct {
	text         string // without the client's candidates
	ufrag        string
	video, audio []webrtc.RTPCodecParameters
}

// readOffer reads a stranger's session description. Of video it takes H.264, or H.265 where there is no H.264, because every box
// plays the former; of audio Opus.
func readOffer(text string) (o *offer, err error) {
	defer func() {
		if p := recover(); p != nil {
			o, err = nil, fmt.Errorf("%w: %v", ErrOffer, p)
		}
	}()
	if len(text) > MaxOffer {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are taken", ErrOffer, len(text), MaxOffer)
	}
	var desc sdp.SessionDescription
	if err := desc.UnmarshalString(text); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOffer, err)
	}
	if len(desc.MediaDescriptions) > maxSections {
		return nil, fmt.Errorf("%w: %d media sections", ErrOffer, len(desc.MediaDescriptions))
	}
	o = &offer{}
	var videos, audios int
	for _, m := range desc.MediaDescriptions {
		if len(m.MediaName.Formats) > maxFormats {
			return nil, fmt.Errorf("%w: %d formats in one section", ErrOffer, len(m.MediaName.Formats))
		}
		switch m.MediaName.Media {
		case "video":
			videos++
			o.video = pictures(&desc, m)
			if len(o.video) == 0 {
				return nil, ErrNoVideoCodec
			}
		case "audio":
			audios++
			o.audio = sound(&desc, m)
			if len(o.audio) == 0 {
				return nil, ErrNoAudioCodec
			}
		default:
			return nil, fmt.Errorf("%w: a section of %.20q", ErrOffer, m.MediaName.Media)
		}
		if _, receives := m.Attribute("recvonly"); receives {
			return nil, fmt.Errorf("%w: the client wants to receive (RFC 9725 §4.2)", ErrOffer)
		}
	}
	if videos > 1 || audios > 1 || videos+audios == 0 {
		return nil, fmt.Errorf("%w: %d of video and %d of audio", ErrOffer, videos, audios)
	}
	o.text, o.ufrag = withoutCandidates(text), ufragOf(&desc)
	return o, nil
}

// withoutCandidates takes the client's addresses out: a lite agent has no use for them, and a stranger's must not be sent to.
func withoutCandidates(text string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "a=candidate:") && !strings.HasPrefix(line, "a=remote-candidates:") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// formats are a section's codecs, in the client's order of preference.
func formats(desc *sdp.SessionDescription, m *sdp.MediaDescription) []sdp.Codec {
	// A description of this section alone: payload types of another section may be the same.
	alone := sdp.SessionDescription{Attributes: desc.Attributes, MediaDescriptions: []*sdp.MediaDescription{m}}
	found := make([]sdp.Codec, 0, len(m.MediaName.Formats))
	for _, format := range m.MediaName.Formats {
		number, err := strconv.ParseUint(format, 10, 7)
		if err != nil {
			continue
		}
		codec, err := alone.GetCodecForPayloadType(uint8(number))
		if err == nil {
			found = append(found, codec)
		}
	}
	return found
}

func pictures(desc *sdp.SessionDescription, m *sdp.MediaDescription) []webrtc.RTPCodecParameters {
	all := formats(desc, m)
	for _, known := range []struct {
		name, mime string
		fits       func(fmtp map[string]string) bool
	}{
		{"H264", webrtc.MimeTypeH264, fitsH264},
		{"H265", webrtc.MimeTypeH265, fitsH265},
	} {
		var taken []webrtc.RTPCodecParameters
		for _, c := range all {
			if strings.EqualFold(c.Name, known.name) && c.ClockRate == 90000 && known.fits(parameters(c.Fmtp)) {
				taken = append(taken, codecOf(c, known.mime, 0))
			}
		}
		if len(taken) > 0 {
			return append(taken, retransmissions(all, taken)...)
		}
	}
	return nil
}

// retransmissions are the formats by which packets of those that are taken come again (RFC 4588).
func retransmissions(all []sdp.Codec, taken []webrtc.RTPCodecParameters) []webrtc.RTPCodecParameters {
	var again []webrtc.RTPCodecParameters
	for _, c := range all {
		apt := parameters(c.Fmtp)["apt"]
		of := func(t webrtc.RTPCodecParameters) bool { return strconv.Itoa(int(t.PayloadType)) == apt }
		if strings.EqualFold(c.Name, "rtx") && slices.ContainsFunc(taken, of) {
			again = append(again, codecOf(c, webrtc.MimeTypeRTX, 0))
		}
	}
	return again
}

func sound(desc *sdp.SessionDescription, m *sdp.MediaDescription) []webrtc.RTPCodecParameters {
	for _, c := range formats(desc, m) {
		if strings.EqualFold(c.Name, "opus") && c.ClockRate == 48000 {
			return []webrtc.RTPCodecParameters{codecOf(c, webrtc.MimeTypeOpus, 2)}
		}
	}
	return nil
}

// codecOf registers a codec by the client's own words, so that it is matched whatever it says besides.
func codecOf(c sdp.Codec, mime string, channels uint16) webrtc.RTPCodecParameters {
	made := webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: mime, ClockRate: c.ClockRate, Channels: channels, SDPFmtpLine: c.Fmtp,
		},
		PayloadType: webrtc.PayloadType(c.PayloadType),
	}
	if mime == webrtc.MimeTypeH264 || mime == webrtc.MimeTypeH265 {
		made.RTCPFeedback = []webrtc.RTCPFeedback{{Type: "goog-remb"}, {Type: "ccm", Parameter: "fir"}}
	}
	return made
}

// fitsH264 takes the profiles that boxes decode, in packets that may be fragmented (RFC 6184 §8.1).
func fitsH264(fmtp map[string]string) bool {
	if fmtp["packetization-mode"] != "1" {
		return false
	}
	profile := strings.ToLower(fmtp["profile-level-id"])
	if profile == "" {
		return true // Baseline (RFC 6184 §8.1).
	}
	return strings.HasPrefix(profile, "42") || strings.HasPrefix(profile, "4d") || strings.HasPrefix(profile, "64")
}

// fitsH265 takes the Main profile in one stream (RFC 7798 §7.1).
func fitsH265(fmtp map[string]string) bool {
	profile, mode := fmtp["profile-id"], fmtp["tx-mode"]
	return (profile == "" || profile == "1") && (mode == "" || strings.EqualFold(mode, "SRST"))
}

// parameters splits a format's parameters.
func parameters(fmtp string) map[string]string {
	all := make(map[string]string)
	for pair := range strings.SplitSeq(fmtp, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		all[strings.ToLower(name)] = value
	}
	return all
}

// ufragOf is the client's part of the name by which checks are known; bundled sections have one.
func ufragOf(desc *sdp.SessionDescription) string {
	if ufrag, ok := desc.Attribute("ice-ufrag"); ok {
		return ufrag
	}
	for _, m := range desc.MediaDescriptions {
		if ufrag, ok := m.Attribute("ice-ufrag"); ok {
			return ufrag
		}
	}
	return ""
}
