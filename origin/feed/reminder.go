package feed

import (
	"context"
	"log/slog"
	"strings"
	"time"
)

const (
	// remindAfter is how often a fault that lasts is told of again.
	remindAfter = 10 * time.Minute
	// maxReminders bounds how many different faults are told apart.
	maxReminders = 64
)

// reminder keeps the log of a night readable: a fault is told of when it is new and every ten minutes, not each of a
// thousand times. The zero value works.
type reminder struct {
	faults map[string]*repeated
}

type repeated struct {
	told  time.Time
	times int // since it was told
}

// tell writes a fault to the log.
func (r *reminder) tell(log *slog.Logger, message string, err error, now time.Time, args ...any) {
	level, unsaid := r.level(err, now)
	args = append(args, "err", err)
	if unsaid > 0 {
		args = append(args, "unsaid", unsaid)
	}
	log.Log(context.Background(), level, message, args...)
}

// level is how loud a fault is to be told, and how many times it was not told since the last time.
func (r *reminder) level(err error, now time.Time) (level slog.Level, unsaid int) {
	kind := kindOf(err)
	f := r.faults[kind]
	if f == nil {
		if r.faults == nil || len(r.faults) >= maxReminders {
			r.faults = make(map[string]*repeated)
		}
		r.faults[kind] = &repeated{told: now}
		return slog.LevelWarn, 0
	}
	if now.Sub(f.told) < remindAfter {
		f.times++
		return slog.LevelDebug, f.times
	}
	unsaid = f.times
	f.told, f.times = now, 0
	return slog.LevelWarn, unsaid
}

// forget makes every fault new again.
func (r *reminder) forget() { r.faults = nil }

// kindOf is an error's text without its numbers: ports, byte counts and durations differ from one time to the next.
func kindOf(err error) string {
	if err == nil {
		return ""
	}
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return -1
		}
		return c
	}, err.Error())
}
