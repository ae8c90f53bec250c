package ops

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Check asks whether one thing that the server depends on works now.
type Check struct {
	// Name is what the thing is called, such as "store".
	Name string
	// Required says that without it the server is not ready; otherwise it is degraded.
	Required bool
	// Timeout bounds the check. It defaults to 2 s.
	Timeout time.Duration
	// Run does the check.
	Run func(ctx context.Context) error
}

// Result is what a check found.
type Result struct {
	Name     string `json:"name"`
	OK       bool   `json:"ok"`
	Required bool   `json:"required"`
	// LatencyMs is how long the check took, in milliseconds.
	LatencyMs float64 `json:"latencyMs"`
	Error     string  `json:"error"`
}

// Report is what all checks found.
type Report struct {
	Ready bool `json:"ready"`
	// Degraded says that something works that can be done without, for a while.
	Degraded bool     `json:"degraded"`
	Checks   []Result `json:"checks"`
}

// Readiness runs the checks, all at once and at most once within TTL however many ask. The zero value is
// ready, having nothing to depend on.
type Readiness struct {
	Checks []Check
	// TTL is how long a report is given out again. It defaults to 1 s.
	TTL time.Duration
	// Log gets a line when readiness changes. It defaults to nowhere.
	Log *slog.Logger
	// Now is the clock. It defaults to time.Now.
	Now func() time.Time

	stopping atomic.Bool

	mu     sync.Mutex
	last   Report
	at     time.Time
	asked  bool
	states []*checkState
}

// checkState keeps a check that hangs from being started again and again.
type checkState struct {
	mu    sync.Mutex
	since time.Time // When the one under way began; zero where none is.
}

// Stop makes the server not ready for good, so that whoever balances load sends viewers elsewhere before it
// ends.
func (r *Readiness) Stop() { r.stopping.Store(true) }

// Report returns what the checks found within TTL.
func (r *Readiness) Report(ctx context.Context) Report {
	report := r.cached(ctx)
	if r.stopping.Load() {
		report.Ready = false
		report.Checks = append([]Result{{Name: "server", Required: true, Error: "stopping"}}, report.Checks...)
	}
	return report
}

// cached holds the lock while the checks run: whoever asks meanwhile waits for the same report, which is
// bounded by the checks' timeouts.
func (r *Readiness) cached(ctx context.Context) Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked && r.now().Sub(r.at) < orDefault(r.TTL, time.Second) {
		return r.last
	}
	if r.states == nil {
		r.states = make([]*checkState, len(r.Checks))
		for i := range r.states {
			r.states[i] = &checkState{}
		}
	}
	// One client that goes away must not spoil the report of the others.
	ctx = context.WithoutCancel(ctx)
	report := Report{Ready: true, Checks: make([]Result, len(r.Checks))}
	var group sync.WaitGroup
	for i, check := range r.Checks {
		group.Go(func() { report.Checks[i] = r.run(ctx, check, r.states[i]) })
	}
	group.Wait()
	for _, result := range report.Checks {
		if !result.OK && result.Required {
			report.Ready = false
		}
		report.Degraded = report.Degraded || !result.OK
	}
	r.tell(report)
	r.last, r.at, r.asked = report, r.now(), true
	return report
}

// run does one check within its timeout, also where it does not heed its context.
func (r *Readiness) run(ctx context.Context, check Check, state *checkState) Result {
	result := Result{Name: check.Name, Required: check.Required}
	began := time.Now()
	state.mu.Lock()
	if !state.since.IsZero() {
		result.Error = "still waiting for an answer since " + state.since.UTC().Format(time.RFC3339)
		result.LatencyMs = milliseconds(began.Sub(state.since))
		state.mu.Unlock()
		return result
	}
	state.since = began
	state.mu.Unlock()

	timeout := orDefault(check.Timeout, 2*time.Second)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		err := check.Run(ctx)
		state.mu.Lock()
		state.since = time.Time{}
		state.mu.Unlock()
		done <- err
	}()
	select {
	case err := <-done:
		result.OK = err == nil
		if err != nil {
			result.Error = err.Error()
		}
	case <-ctx.Done():
		result.Error = "no answer within " + timeout.String()
	}
	result.LatencyMs = milliseconds(time.Since(began))
	return result
}

// tell logs what changed since the report before.
func (r *Readiness) tell(report Report) {
	if r.Log == nil {
		return
	}
	for i, result := range report.Checks {
		was := !r.asked || r.last.Checks[i].OK
		switch {
		case was && !result.OK:
			r.Log.Warn("dependency does not work", "name", result.Name, "required", result.Required, "error", result.Error)
		case !was && result.OK:
			r.Log.Info("dependency works again", "name", result.Name)
		}
	}
}

func (r *Readiness) now() time.Time {
	if r.Now != nil {
		return r.Now()
	}
	return time.Now()
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
