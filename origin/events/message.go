package events

import (
	"encoding/json"
	"time"

	"podium.tv/podium/origin/feed"
)

// message is what a hook is sent.
type message struct {
	ID      string    `json:"id"` // the same in each attempt
	At      time.Time `json:"at"`
	Station string    `json:"station"`
	Feed    string    `json:"feed"`
	Kind    string    `json:"kind"`
	From    string    `json:"from"`
	To      string    `json:"to"`
	Reason  string    `json:"reason"`
	Cause   string    `json:"cause"`
	Advice  string    `json:"advice"`
}

func encode(id, station string, e *feed.Event) ([]byte, error) {
	return json.Marshal(message{
		ID: id, At: e.At.UTC(), Station: station, Feed: e.Feed, Kind: string(e.Kind), From: e.From, To: e.To,
		Reason: string(e.Reason), Cause: e.Cause, Advice: e.Advice,
	})
}
