package mpegts

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"podium.tv/podium/origin/input"
)

// What keeps a transport stream from becoming tracks.
var (
	// ErrNoPackets means that what arrives is something else.
	ErrNoPackets = errors.New("what arrives is not MPEG-TS")
	// ErrNoTables means that the tables are missing that tell what is in the stream.
	ErrNoTables = errors.New("no program tables (PAT and PMT) in the stream")
	// ErrNoProgram means that the program that was asked for is not there.
	ErrNoProgram = errors.New("no such program in the stream")
)

// check says why the stream gets nowhere, if so.
func (d *Demuxer) check(now time.Time) error {
	if !d.service.chosen && now.Sub(d.began) >= d.ParametersWait {
		if err := d.lacking(); err != nil {
			return err
		}
	}
	err := d.stream.Check(now)
	if errors.Is(err, input.ErrSilent) && d.service.locked.told {
		return fmt.Errorf("%w (%w)", err, errScrambled)
	}
	return err
}

// lacking is what keeps a program from being chosen.
func (d *Demuxer) lacking() error {
	programs := d.tables.association.programs
	switch {
	case !d.framing.found && len(d.framing.own) == 0:
		return nil // Nothing came at all: silence has an error of its own.
	case !d.framing.found:
		return input.Waited(ErrNoPackets, d.ParametersWait, "check what is sent to this address")
	case len(programs) == 0:
		return input.Waited(ErrNoTables, d.ParametersWait, "set the sender to repeat PAT and PMT each 100 ms")
	case d.Program != 0 && !listed(programs, d.Program):
		return fmt.Errorf("%w: %d was asked for, there is %s", ErrNoProgram, d.Program, numbers(programs))
	case d.unread():
		return input.Waited(ErrNoTables, d.ParametersWait, "the PAT lists "+numbers(programs)+", whose PMT never comes")
	}
	return input.ErrNoTracks
}

// unread says that no map came of any program that is wanted.
func (d *Demuxer) unread() bool {
	for number, m := range d.tables.maps {
		if m.body != nil && (d.Program == 0 || d.Program == int(number)) {
			return false
		}
	}
	return true
}

func listed(programs []program, number int) bool {
	for _, p := range programs {
		if int(p.number) == number {
			return true
		}
	}
	return false
}

// numbers names programs, some of them if there are many.
func numbers(programs []program) string {
	const most = 16
	words := make([]string, 0, most)
	for i, p := range programs {
		if i == most {
			words = append(words, "others")
			break
		}
		words = append(words, fmt.Sprint(p.number))
	}
	return "program " + strings.Join(words, ", ")
}
