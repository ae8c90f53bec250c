package timeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"podium.tv/podium/storage/object"
)

// References keep alive the media that channels show and others own: an owner's hour is not dropped while an entry that
// some channel retains refers to it, whichever feed the channel follows by now. What a channel refers to lies in a small
// object of its own, `{channel}/references.json`, so that it holds before the channel is on the air again and nobody has to
// list or search anything. Of a channel whose references cannot be read nothing is known, and everything is kept.
type References struct {
	Store object.Store

	mu       sync.Mutex
	expected []string
	of       map[string]*references
}

// references are those of one channel.
type references struct {
	// First is the channel's first hour: entries before it are not retained any more.
	First int64 `json:"first"`
	// Runs are what entries from that hour on refer to.
	Runs []referenceRun `json:"runs"`

	known bool // what the store has is in it
	dirty bool // the store does not have all of it
}

// referenceRun is a run of an owner's hours. Each is referred to last by the channel's hour of that number plus Shift: of a
// feed that is followed live the run grows at its end and Shift is 0; what is shown again later has a shift.
type referenceRun struct {
	Owner string `json:"owner"`
	From  int64  `json:"from"`
	To    int64  `json:"to"`
	Shift int64  `json:"shift,omitempty"`
}

// Expect says whose references count.
func (r *References) Expect(channels []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expected = slices.Clone(channels)
}

// Held says whether a channel refers to an owner's hour. Where that cannot be found out, it is held.
func (r *References) Held(ctx context.Context, owner string, hour int64) (bool, error) {
	if r == nil {
		return false, nil
	}
	r.mu.Lock()
	expected := r.expected
	r.mu.Unlock()
	for _, channel := range expected {
		if err := r.load(ctx, channel); err != nil {
			return true, err
		}
		r.mu.Lock()
		held := r.of[channel].holds(owner, hour)
		r.mu.Unlock()
		if held {
			return true, nil
		}
	}
	return false, nil
}

func (r *references) holds(owner string, hour int64) bool {
	for i := range r.Runs {
		run := &r.Runs[i]
		if run.Owner == owner && run.From <= hour && hour <= run.To && hour+run.Shift >= r.First {
			return true
		}
	}
	return false
}

// add takes down that a run of an owner's hours is referred to.
func (r *references) add(add referenceRun) {
	for i := len(r.Runs) - 1; i >= 0; i-- {
		run := &r.Runs[i]
		if run.Owner != add.Owner || run.Shift != add.Shift || add.To < run.From-1 || add.From > run.To+1 {
			continue
		}
		if add.From < run.From || add.To > run.To {
			run.From, run.To = min(run.From, add.From), max(run.To, add.To)
			r.dirty = true
		}
		return
	}
	r.Runs = append(r.Runs, add)
	r.dirty = true
}

// note takes down that an entry of a channel's hour refers to an owner's hour.
func (r *references) note(owner string, hour, at int64) {
	r.add(referenceRun{Owner: owner, From: hour, To: hour, Shift: at - hour})
}

// from forgets what only entries before a channel's hour refer to.
func (r *references) from(first int64) {
	if first <= r.First {
		return
	}
	r.First, r.dirty = first, true
	r.Runs = slices.DeleteFunc(r.Runs, func(run referenceRun) bool { return run.To+run.Shift < first })
}

func (r *References) channel(name string) *references {
	if r.of == nil {
		r.of = make(map[string]*references)
	}
	c := r.of[name]
	if c == nil {
		c = new(references)
		r.of[name] = c
	}
	return c
}

// noteAll takes down what entries of a channel refer to, and which is its first hour.
func (r *References) noteAll(channel string, first int64, entries []Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.channel(channel)
	c.from(first)
	c.noteAll(entries)
}

func (r *references) noteAll(entries []Entry) {
	for i := range entries {
		e := &entries[i]
		if owner, _, ok := ParseMediaName(e.Object); ok && e.Kind != Gap {
			r.note(owner, hoursOf(e, e.RefHour)[0], e.Hour())
		}
		for n := range e.Also {
			if owner, _, ok := ParseMediaName(e.Also[n].Object); ok {
				r.note(owner, hoursOf(e, e.Also[n].RefHour)[0], e.Hour())
			}
		}
	}
}

// ReferencesName is the object with what a channel refers to.
func ReferencesName(channel string) string { return channel + "/references.json" }

const maxReferences = 4 << 20

// load reads a channel's references, once. Where there is no such object they are made from the channel's index.
func (r *References) load(ctx context.Context, channel string) error {
	r.mu.Lock()
	known := r.channel(channel).known
	r.mu.Unlock()
	if known {
		return nil
	}
	var stored references
	b, err := r.Store.Get(ctx, ReferencesName(channel), 0, maxReferences)
	switch {
	case errors.Is(err, object.ErrNotFound):
		if err := stored.search(ctx, r.Store, channel); err != nil {
			return fmt.Errorf("find what %s refers to: %w", channel, err)
		}
	case err != nil:
		return fmt.Errorf("read %s: %w", ReferencesName(channel), err)
	default:
		if json.Unmarshal(b, &stored) != nil {
			stored = references{}
			if err := stored.search(ctx, r.Store, channel); err != nil {
				return fmt.Errorf("find what %s refers to: %w", channel, err)
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.channel(channel)
	if c.known {
		return nil
	}
	for _, run := range c.Runs { // What has been appended since the start.
		stored.add(run)
	}
	stored.from(c.First)
	stored.known = true
	*c = stored
	return nil
}

// search reads what a channel refers to out of its index.
func (r *references) search(ctx context.Context, store object.Store, channel string) error {
	t := &Timeline{Name: channel, Store: store}
	head, err := t.readHead(ctx)
	if err != nil {
		return err
	}
	for hour := head.First; hour <= head.Last && head.Next > 0; hour++ {
		entries, err := fetchIndex(ctx, store, IndexName(channel, hour))
		if errors.Is(err, ErrBadIndex) {
			continue // Nobody can see what it shows.
		}
		if err != nil {
			return err
		}
		r.noteAll(entries)
	}
	r.First, r.dirty = head.First, true
	return nil
}

// save writes a channel's references where the store does not have them.
func (r *References) save(ctx context.Context, channel string) error {
	if err := r.load(ctx, channel); err != nil {
		return err
	}
	r.mu.Lock()
	c := r.channel(channel)
	if !c.dirty {
		r.mu.Unlock()
		return nil
	}
	b, err := json.Marshal(c)
	c.dirty = false
	r.mu.Unlock()
	if err == nil {
		err = r.Store.Put(ctx, ReferencesName(channel), b)
	}
	if err != nil {
		r.mu.Lock()
		c.dirty = true
		r.mu.Unlock()
		return fmt.Errorf("write %s: %w", ReferencesName(channel), err)
	}
	return nil
}

// referTo takes down what new entries refer to, before anybody can be shown them.
func (t *Timeline) referTo(entries []Entry) {
	if t.References == nil || t.Owns {
		return
	}
	first := int64(0)
	if s := t.state.Load(); s != nil {
		first = s.First
	}
	t.References.noteAll(t.Name, first, entries)
}

// saveReferences writes them before the head that makes their entries known after a loss of the journal.
func (t *Timeline) saveReferences(ctx context.Context) error {
	if t.References == nil || t.Owns {
		return nil
	}
	return t.References.save(ctx, t.Name)
}
