package render

import "podium.tv/podium/packager/media"

// appendWVTT writes the sample entry of ISO 14496-30 §7.5, which has the file's head in it.
func appendWVTT(b *boxes, c *media.WebVTT) {
	b.open("wvtt")
	b.zeros(6)
	b.u16(1)
	b.open("vttC")
	b.text("WEBVTT")
	if c.Header != "" {
		b.text("\n\n" + c.Header)
	}
	b.close()
	b.close()
}
