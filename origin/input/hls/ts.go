package hls

import (
	"errors"
	"time"

	"podium.tv/podium/origin/input"
)

type ts struct{}

func newTS(input.Receiver, time.Duration) *ts { return new(ts) }

func (*ts) unpack([]byte, time.Duration) error { return errors.New("not yet") }
func (*ts) close()                             {}
