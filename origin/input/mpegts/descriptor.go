package mpegts

// Tags of descriptors (ISO 13818-1 table 2-45, ETSI EN 300 468 tables 12 and 109).
const (
	tagRegistration = 0x05
	tagLanguage     = 0x0a
	tagTeletext     = 0x56
	tagSubtitles    = 0x59
	tagAC3          = 0x6a
	tagEAC3         = 0x7a
	tagDTS          = 0x7b
	tagAAC          = 0x7c
	tagExtension    = 0x7f

	extensionAC4  = 0x15
	extensionOpus = 0x80 // ETSI TS Opus 0.1.3-draft, as FFmpeg writes it.
)

// private is the stream type of PES packets whose content the descriptors tell.
const private = 0x06

// describe finds what the stream is, by its type and its descriptors.
func (s *declared) describe(descriptors []byte) {
	s.format = byStreamType(s.kind)
	s.channels = 2
	for len(descriptors) >= 2 {
		tag, n := descriptors[0], int(descriptors[1])
		if len(descriptors) < 2+n {
			return
		}
		body := descriptors[2 : 2+n]
		descriptors = descriptors[2+n:]
		if tag == tagLanguage && len(body) >= 3 && s.language == "" {
			s.language = languageOf([3]byte(body))
		}
		if s.kind == private {
			s.describePrivate(tag, body)
		}
	}
}

// describePrivate is for what has no stream type of its own.
func (s *declared) describePrivate(tag byte, body []byte) {
	switch tag {
	case tagRegistration:
		if len(body) >= 4 {
			s.register(string(body[:4]))
		}
	case tagTeletext:
		s.format = teletext
	case tagSubtitles:
		s.format = subtitles
	case tagAC3:
		s.format = ac3Audio
	case tagEAC3:
		s.format = eac3Audio
	case tagDTS:
		s.format = dtsAudio
	case tagAAC:
		s.format = aacLATM
	case tagExtension:
		s.extend(body)
	}
}

// register is for the identifiers of SMPTE's registration authority.
func (s *declared) register(identifier string) {
	switch identifier {
	case "AC-3":
		s.format = ac3Audio
	case "EAC3":
		s.format = eac3Audio
	case "Opus":
		if s.format != opusManyAudio {
			s.format = opusAudio
		}
	case "HEVC":
		s.format = h265Video
	case "AV01":
		s.format = av1Video
	case "DTS1", "DTS2", "DTS3":
		s.format = dtsAudio
	case "DRA1":
		s.format = draAudio
	case "VC-1":
		s.format = vc1Video
	}
}

func (s *declared) extend(body []byte) {
	if len(body) == 0 {
		return
	}
	switch body[0] {
	case extensionAC4:
		s.format = ac4Audio
	case extensionOpus:
		s.format = opusAudio
		if len(body) < 2 {
			return
		}
		switch code := body[1] &^ 0x80; {
		case body[1] == 0x81 || code > 2:
			s.format = opusManyAudio
		case code == 1 || body[1] == 0x82:
			s.channels = 1
		}
	}
}
