package media

// WebVTT is text shown over the picture, stored as ISO 14496-30 §7 has it: samples that hold cues.
type WebVTT struct {
	// Header is what stands between the file's first line and its first cue: STYLE and REGION blocks. It may be empty.
	Header string `json:"header,omitempty"`
}

var _ Codec = (*WebVTT)(nil)

// Name implements Codec.
func (*WebVTT) Name() string { return "webvtt" }

// Kind implements Codec.
func (*WebVTT) Kind() Kind { return Text }

// RFC6381 implements Codec (ISO 14496-30 §7.5).
func (*WebVTT) RFC6381() string { return "wvtt" }
