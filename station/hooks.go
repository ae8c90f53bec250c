package station

import (
	"context"
	"reflect"
	"sync"

	"podium.tv/podium/config"
	"podium.tv/podium/origin/events"
	"podium.tv/podium/origin/feed"
)

// hooks are the addresses that are told of events. The zero value tells nobody.
type hooks struct {
	mu      sync.Mutex
	running []runningHook
}

type runningHook struct {
	config  config.Hook
	station string
	guarded config.Inputs
	hook    *events.Hook
	stop    context.CancelFunc
}

// offer has an event told to those that want it.
func (h *hooks) offer(e feed.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.running {
		h.running[i].hook.Offer(e)
	}
}

// tellHooks starts the hooks of a configuration and ends those that are not in it. One that did not change goes on with what waits in it.
func (s *Station) tellHooks(c *config.Config) {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	was := s.hooks.running
	s.hooks.running = nil
	for _, want := range c.Hooks {
		next := runningHook{config: want, station: c.Station.Name, guarded: c.Inputs}
		found := false
		for i := range was {
			if was[i].hook != nil && was[i].same(&next) {
				s.hooks.running = append(s.hooks.running, was[i])
				was[i].hook, found = nil, true
				break
			}
		}
		if !found {
			s.hooks.running = append(s.hooks.running, s.startHook(c, next))
		}
	}
	for i := range was {
		if was[i].hook != nil {
			was[i].stop()
		}
	}
}

func (r *runningHook) same(o *runningHook) bool {
	return r.station == o.station && reflect.DeepEqual(r.config, o.config) && reflect.DeepEqual(r.guarded, o.guarded)
}

func (s *Station) startHook(c *config.Config, r runningHook) runningHook {
	kinds := make([]feed.EventKind, len(r.config.Events))
	for i, k := range r.config.Events {
		kinds[i] = feed.EventKind(k)
	}
	u := r.config.URL.Std()
	r.hook = &events.Hook{
		URL: r.config.URL.Full(), Name: u.Scheme + "://" + u.Host, Secret: []byte(r.config.Secret.Reveal()), Kinds: kinds,
		Station: r.station, Policy: guarded(c), Log: s.Log, Metrics: s.hookStat,
	}
	var run context.Context
	run, r.stop = context.WithCancel(s.run)
	go r.hook.Run(run)
	return r
}
