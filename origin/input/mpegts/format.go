package mpegts

import "podium.tv/podium/packager/media"

// format is what is in an elementary stream.
type format uint8

// What is carried, then what has a name but is not.
const (
	unknown format = iota
	h264Video
	h265Video
	aacADTS
	aacLATM
	mpegAudio
	ac3Audio
	eac3Audio
	opusAudio
	mpeg1Video
	mpeg2Video
	mpeg4Video
	avsVideo
	avs2Video
	avs3Video
	vc1Video
	vvcVideo
	av1Video
	dtsAudio
	trueHDAudio
	ac4Audio
	draAudio
	opusManyAudio
	teletext
	subtitles
	formats
)

// formatNames holds what formats are called in messages, and of what kind they are; those that are neither watched nor heard
// are left out without a word.
var formatNames = [formats]struct {
	name string
	kind media.Kind
}{
	h264Video: {"h264", media.Video}, h265Video: {"h265", media.Video},
	aacADTS: {"aac", media.Audio}, aacLATM: {"aac", media.Audio}, mpegAudio: {"mpeg audio", media.Audio},
	ac3Audio: {"ac3", media.Audio}, eac3Audio: {"eac3", media.Audio}, opusAudio: {"opus", media.Audio},
	mpeg1Video: {"mpeg1", media.Video}, mpeg2Video: {"mpeg2", media.Video}, mpeg4Video: {"mpeg4 part 2", media.Video},
	avsVideo: {"avs", media.Video}, avs2Video: {"avs2", media.Video}, avs3Video: {"avs3", media.Video},
	vc1Video: {"vc-1", media.Video}, vvcVideo: {"h266", media.Video}, av1Video: {"av1", media.Video},
	dtsAudio: {"dts", media.Audio}, trueHDAudio: {"truehd", media.Audio}, ac4Audio: {"ac4", media.Audio},
	draAudio: {"dra", media.Audio}, opusManyAudio: {"opus with more than two channels", media.Audio},
	teletext: {"teletext", media.Text}, subtitles: {"dvb subtitles", media.Text},
}

func (f format) String() string { return formatNames[f].name }

func (f format) kind() media.Kind { return formatNames[f].kind }

func (f format) carried() bool { return f >= h264Video && f <= opusAudio }

// byStreamType knows the types of ISO 13818-1 table 2-34, of ATSC A/53 and, from 0xd2 on, of AVS.
func byStreamType(kind byte) format {
	switch kind {
	case 0x01:
		return mpeg1Video
	case 0x02:
		return mpeg2Video
	case 0x03, 0x04:
		return mpegAudio
	case 0x0f:
		return aacADTS
	case 0x10:
		return mpeg4Video
	case 0x11:
		return aacLATM
	case 0x1b:
		return h264Video
	case 0x24:
		return h265Video
	case 0x33:
		return vvcVideo
	case 0x42:
		return avsVideo
	case 0x81:
		return ac3Audio
	case 0x82, 0x85, 0x8a: // Blu-ray's; 0x86 would be too, were it not SCTE-35.
		return dtsAudio
	case 0x83:
		return trueHDAudio
	case 0x87, 0x84:
		return eac3Audio
	case 0xd2:
		return avs2Video
	case 0xd4:
		return avs3Video
	case 0xea:
		return vc1Video
	}
	return unknown
}
