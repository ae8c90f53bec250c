package render

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"podium.tv/podium/packager/media"
)

// Init makes the CMAF header of one track: the ftyp and moov boxes (ISO 23000-19 §7.3.1) that a player
// needs before the track's fragments. Lengths of time are not told, for the track has no end.
func Init(track *media.Track) ([]byte, error) {
	entry, err := sampleEntry(track)
	if err != nil {
		return nil, fmt.Errorf("init of track %d: %w", track.ID, err)
	}
	if track.Timescale <= 0 || track.ID <= 0 {
		return nil, fmt.Errorf("%w: track %d with timescale %d, both must be positive", ErrTracks, track.ID, track.Timescale)
	}
	b := &boxes{b: make([]byte, 0, 1024)}
	b.open("ftyp")
	b.text("iso6")
	b.u32(0)
	b.text("iso6cmfcmp41")
	b.close()

	b.open("moov")
	b.full("mvhd", 0)
	b.zeros(8) // Made and changed at no particular time.
	b.u32(1000)
	b.u32(0)
	b.u32(0x10000) // Played at its own rate,
	b.u16(0x100)   // at full volume.
	b.zeros(10)
	b.matrix()
	b.zeros(24)
	b.u32(uint32(track.ID) + 1)
	b.close()
	appendTrack(b, track, entry)
	b.open("mvex")
	b.full("trex", 0)
	b.u32(uint32(track.ID))
	b.u32(1)
	b.zeros(12) // Every fragment tells its own defaults.
	b.close()
	b.close()
	b.close()
	return b.b, nil
}

// handler says what a track's media is (ISO 14496-12 §8.4.3), and which header box goes with it (§8.4.5).
type handler struct{ handler, name, header string }

func handlerOf(kind media.Kind) handler {
	switch kind {
	case media.Video:
		return handler{"vide", "VideoHandler", "vmhd"}
	case media.Text:
		return handler{"text", "TextHandler", "nmhd"}
	default:
		return handler{"soun", "SoundHandler", "smhd"}
	}
}

func appendTrack(b *boxes, track *media.Track, entry []byte) {
	kind := handlerOf(track.Kind())
	video, audio := track.Kind() == media.Video, track.Kind() == media.Audio
	picture := media.PictureOf(track.Codec)
	b.open("trak")
	b.full("tkhd", 7) // Enabled, in the movie, in its preview.
	b.zeros(8)
	b.u32(uint32(track.ID))
	b.zeros(8 + 8 + 2)
	if audio {
		b.u16(1) // Audio tracks are alternatives to each other.
		b.u16(0x100)
		b.zeros(2)
	} else {
		b.zeros(2 + 2 + 2)
	}
	b.matrix()
	width, height := picture.Width, picture.Height
	if w, h := pixelShape(track.Codec); h > 0 {
		width = (width*w + h/2) / h
	}
	b.u32(uint32(width) << 16)
	b.u32(uint32(height) << 16)
	b.close()

	b.open("mdia")
	b.full("mdhd", 0)
	b.zeros(8)
	b.u32(uint32(track.Timescale))
	b.u32(0)
	b.u16(packedLanguage(track.Language))
	b.zeros(2)
	b.close()
	b.full("hdlr", 0)
	b.zeros(4)
	b.text(kind.handler)
	b.zeros(12)
	b.text(kind.name + "\x00")
	b.close()
	if languageCode(track.Language) != "" {
		b.full("elng", 0) // The whole tag: mdhd has no room for a script or a region.
		b.text(track.Language + "\x00")
		b.close()
	}

	b.open("minf")
	switch {
	case video:
		b.full(kind.header, 1)
		b.zeros(8)
	case audio:
		b.full(kind.header, 0)
		b.zeros(4)
	default:
		b.full(kind.header, 0)
	}
	b.close()
	b.open("dinf")
	b.full("dref", 0)
	b.u32(1)
	b.full("url ", 1) // In this very file.
	b.close()
	b.close()
	b.close()
	b.open("stbl")
	b.full("stsd", 0)
	b.u32(1)
	b.bytes(entry)
	b.close()
	for _, empty := range []struct {
		kind string
		n    int
	}{{"stts", 4}, {"stsc", 4}, {"stsz", 8}, {"stco", 4}} {
		b.full(empty.kind, 0)
		b.zeros(empty.n)
		b.close()
	}
	b.close() // stbl
	b.close() // minf
	b.close() // mdia
	b.close() // trak
}

// pixelShape is the sample aspect ratio of a picture, or 0 where its pixels are square or do not tell.
func pixelShape(c media.Codec) (width, height int) {
	var present bool
	var idc uint8
	switch c := c.(type) {
	case *media.H264:
		var sps h264.SPS
		if sps.Unmarshal(c.SPS) == nil && sps.VUI != nil {
			present, idc = sps.VUI.AspectRatioInfoPresentFlag, sps.VUI.AspectRatioIdc
			width, height = int(sps.VUI.SarWidth), int(sps.VUI.SarHeight)
		}
	case *media.H265:
		var sps h265.SPS
		if sps.Unmarshal(c.SPS) == nil && sps.VUI != nil {
			present, idc = sps.VUI.AspectRatioInfoPresentFlag, sps.VUI.AspectRatioIdc
			width, height = int(sps.VUI.SarWidth), int(sps.VUI.SarHeight)
		}
	}
	// ITU-T H.264 table E-1, which H.265 shares.
	table := [...][2]int{
		{},
		{1, 1},
		{12, 11},
		{10, 11},
		{16, 11},
		{40, 33},
		{24, 11},
		{20, 11},
		{32, 11},
		{80, 33},
		{18, 11},
		{15, 11},
		{64, 33},
		{160, 99},
		{4, 3},
		{3, 2},
		{2, 1},
	}
	if int(idc) < len(table) {
		width, height = table[idc][0], table[idc][1]
	}
	if !present || width == height || width == 0 || height == 0 {
		return 0, 0
	}
	return width, height
}

// packedLanguage is the language of a mdhd box (ISO 14496-12 §8.4.2.3): three letters of five bits, "und" if unknown.
func packedLanguage(tag string) uint16 {
	code := languageCode(tag)
	if code == "" {
		code = "und"
	}
	var packed uint16
	for i := range 3 {
		packed = packed<<5 | uint16(code[i]-0x60)&31
	}
	return packed
}
