package mpegts

// Boundary says that what was written so far is whole, as a segment of HLS is: what is in the making is delivered, and
// packets may be counted anew behind it.
func (d *Demuxer) Boundary() {
	if d.closed || d.began.IsZero() {
		return
	}
	d.at = d.Now()
	d.run(true)
	for _, s := range d.service.streams {
		if d.failed == nil {
			d.flush(s)
		}
	}
	d.framing = framing{found: d.framing.found, losses: d.framing.losses}
	for _, p := range d.router.pids {
		p.continuity = continuity{}
		p.sections.lost()
	}
}
