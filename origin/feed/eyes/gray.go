package eyes

import (
	"math"

	"podium.tv/podium/origin/feed/health"
)

// The gray picture that is judged by: each of its dots is the mean of some 40 by 40 of a picture of 720 lines.
const (
	grayWidth  = 32
	grayHeight = 18
	graySize   = grayWidth * grayHeight
)

const (
	// blackMean and blackSpread are how bright a black picture is at most, of 255, and how far its dots are from that. Black as
	// encoders send it comes out as 0.2 to 1.8 with a spread under 0.7, with a camera's noise or without; a hall with dimmed
	// lights as 30 with 10.
	blackMean   = 12
	blackSpread = 4
	// stillMean and stillMost are how far the dots of two pictures are apart at most where nothing moves. One and the same picture
	// encoded again (x264 and x265 at 1.5 Mb/s, after the first seconds) is 0 to 0.04 apart, a camera on a tripod before an empty
	// hall 0.13 and more, for its sensor's noise. A slide that is shown from a computer stands still with good reason: that is why
	// nobody leaves a source for a frozen picture unless it is told to.
	stillMean = 0.1
	stillMost = 2
)

// compare says how a gray picture looks, also beside the one before it.
func (e *Eye) compare(gray []byte) health.Look {
	if e.blinked.Swap(false) {
		e.last = nil
	}
	look := health.Look{Black: isBlack(gray), Frozen: len(e.last) == len(gray) && isStill(e.last, gray)}
	e.last = gray
	return look
}

func isBlack(gray []byte) bool {
	sum, squares := 0.0, 0.0
	for _, v := range gray {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	n := float64(len(gray))
	mean := sum / n
	return mean <= blackMean && math.Sqrt(max(squares/n-mean*mean, 0)) <= blackSpread
}

func isStill(a, b []byte) bool {
	sum := 0
	for i := range a {
		d := int(a[i]) - int(b[i])
		d = max(d, -d)
		if d > stillMost {
			return false
		}
		sum += d
	}
	return float64(sum)/float64(len(a)) <= stillMean
}
