package health

import (
	"time"

	"podium.tv/podium/origin/input"
)

// Losses are of the last lossWindow or a little more, asked for every lossStep.
const (
	lossWindow = 10 * time.Second
	lossStep   = time.Second
	lossSteps  = int(lossWindow/lossStep) + 1
)

// network keeps what the meter said.
type network struct {
	now   input.Network
	known bool
	ring  [lossSteps]reading
	n     int // readings made
}

type reading struct {
	at                        time.Time
	received, lost, recovered uint64
}

// poll asks the meter. It holds no lock meanwhile: an input may hold one of its own while it hands a sample over.
func (m *Monitor) poll(now time.Time) {
	if m.Meter == nil {
		return
	}
	n, ok := m.Meter.Network()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.net.take(n, ok, now)
}

func (w *network) take(n input.Network, ok bool, now time.Time) {
	if !ok {
		*w = network{}
		return
	}
	if n.Received < w.now.Received || n.Lost < w.now.Lost {
		*w = network{} // Another connection.
	}
	w.now, w.known = n, true
	if w.n > 0 {
		if age := now.Sub(w.ring[(w.n-1)%lossSteps].at); age >= 0 && age < lossStep {
			return
		}
	}
	w.ring[w.n%lossSteps] = reading{at: now, received: n.Received, lost: n.Lost, recovered: n.Recovered}
	w.n++
}

// loss is which part of the packets of the last while never came, and which came only when they were asked for again, in percent.
func (w *network) loss() (lost, recovered float64) {
	if w.n < 2 {
		return 0, 0
	}
	old := w.ring[max(w.n-lossSteps, 0)%lossSteps]
	gone := float64(w.now.Lost - old.lost)
	late := float64(w.now.Recovered - min(old.recovered, w.now.Recovered))
	sent := float64(w.now.Received-old.received) + gone
	if sent <= 0 {
		return 0, 0
	}
	return 100 * gone / sent, min(100*late/sent, 100)
}
