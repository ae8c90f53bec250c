package slate

import (
	"bytes"
	_ "embed"
)

// builtIn is builtin.html as Chromium draws it at 1280x720, encoded by scripts/make-slate.sh.
//
//go:embed builtin.mp4
var builtIn []byte

// BuiltIn is the slate that needs nothing: 节目暂时中断 / The programme will be back shortly.
func BuiltIn() (*Loop, error) { return Read(bytes.NewReader(builtIn), int64(len(builtIn))) }
