package console

import (
	"time"

	"podium.tv/podium/stb-api/message"
)

// Source is one of a feed's inputs, with its health.
type Source struct {
	Name string `json:"name"`
	// Input is where it comes from, without credentials.
	Input string `json:"input"`
	State string `json:"state"`
	OnAir bool   `json:"onAir"`
	// Since is from when on it is in its state, or nil.
	Since *time.Time `json:"since"`
	// Grade is "off", "ok", "poor" or "bad"; Reasons say why it is not ok, the worst first.
	Grade   string         `json:"grade"`
	Reasons []Notice       `json:"reasons"`
	Tracks  []SourceTrack  `json:"tracks"`
	Bitrate int64          `json:"bitrate"`
	FPS     float64        `json:"fps"`
	GOP     GOP            `json:"gop"`
	Longest GOP            `json:"longestGop"` // of the last minute
	Jitter  float64        `json:"jitter"`     // seconds
	Skew    float64        `json:"skew"`       // seconds that sound is stamped ahead of the picture
	Errors  float64        `json:"errors"`     // of the last minute
	Lacks   Lacks          `json:"lacks"`
	Network *SourceNetwork `json:"network"` // nil where the input knows nothing of it
	// Restarts is how many connections ended.
	Restarts    int        `json:"restarts"`
	LastError   string     `json:"lastError"`
	LastErrorAt *time.Time `json:"lastErrorAt"`
	// Advice says what to do about LastError, nil where that is not known.
	Advice *Notice `json:"advice"`
}

// SourceTrack is one elementary stream in figures; those that do not apply are 0.
type SourceTrack struct {
	Kind       string `json:"kind"`
	Codec      string `json:"codec"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	SampleRate int    `json:"sampleRate"`
	Channels   int    `json:"channels"`
}

// GOP is how far key frames are apart.
type GOP struct {
	Pictures int     `json:"pictures"`
	Seconds  float64 `json:"seconds"`
}

// Lacks are for how many seconds a source has lacked what is wanted of it.
type Lacks struct {
	Video    float64 `json:"video"`
	Audio    float64 `json:"audio"`
	Standing float64 `json:"standing"` // stamps stand still
	Silent   float64 `json:"silent"`
	Black    float64 `json:"black"`
	Frozen   float64 `json:"frozen"`
}

// SourceNetwork is how packets fare.
type SourceNetwork struct {
	Peer       string  `json:"peer"`
	Loss       float64 `json:"loss"`      // percent of the last ten seconds
	Recovered  float64 `json:"recovered"` // percent
	NACKs      int64   `json:"nacks"`
	Continuity int64   `json:"continuityErrors"`
	RTT        float64 `json:"rtt"`     // seconds
	Latency    float64 `json:"latency"` // seconds
	Bandwidth  int64   `json:"bandwidth"`
}

// Notice is something to say, with its text in the reader's language.
type Notice struct {
	Code string `json:"code"`
	Text string `json:"text"`

	Key  string `json:"-"` // of the message
	Args []any  `json:"-"`
}

func (n *Notice) translate(l message.Language) { n.Text = message.Text(l, n.Key, n.Args...) }

// translate puts a feed's notices into a language, and empty lists where there are none.
func (f *Feed) translate(l message.Language) {
	if f.Sources == nil {
		f.Sources = []Source{}
	}
	for i := range f.Sources {
		s := &f.Sources[i]
		if s.Tracks == nil {
			s.Tracks = []SourceTrack{}
		}
		if s.Reasons == nil {
			s.Reasons = []Notice{}
		}
		for n := range s.Reasons {
			s.Reasons[n].translate(l)
		}
		if s.Advice != nil {
			s.Advice.translate(l)
		}
	}
}
