package health

import "time"

// Look is what eyes tell of a key picture.
type Look struct {
	Black  bool // it is dark all over
	Frozen bool // it is the one before it
}

// looks is since when pictures look so.
type looks struct {
	last          Look
	black, frozen time.Time // since when
	at            time.Time // of the last look
}

// tooOld is how long a look counts: eyes may have lost interest, or ffmpeg may be gone.
const tooOld = time.Minute

func (l *looks) add(seen Look, now time.Time) {
	if !l.at.IsZero() && now.Sub(l.at) > tooOld {
		*l = looks{}
	}
	begin := func(is, was bool, since *time.Time) {
		if is && !was {
			*since = now
		}
	}
	begin(seen.Black, l.last.Black, &l.black)
	begin(seen.Frozen, l.last.Frozen, &l.frozen)
	l.last, l.at = seen, now
}

// lasts is for how long pictures have been black and frozen.
func (l *looks) lasts(now time.Time) (black, frozen time.Duration) {
	if l.at.IsZero() || now.Sub(l.at) > tooOld {
		return 0, 0
	}
	if l.last.Black {
		black = now.Sub(l.black)
	}
	if l.last.Frozen {
		frozen = now.Sub(l.frozen)
	}
	return black, frozen
}
