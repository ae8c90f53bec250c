package console_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/stb-api/console"
)

type diary struct{}

func (diary) Events(of string, n int) (out []console.Event) {
	for i := range n {
		out = append(out, console.Event{At: noon.Add(-time.Duration(i) * time.Second), Feed: of, Kind: "switched", Cause: fmt.Sprint(i)})
	}
	return out
}

func TestEvents(t *testing.T) {
	r := newRig(t)
	b := r.signedIn(t, "editor1", access.Editor)
	_, _, body := b.do("GET", "/events", nil, nil)
	require.JSONEq(t, `{"events":[]}`, body)
	r.Events = diary{}
	type answer struct{ Events []console.Event }
	_, _, body = b.do("GET", "/events", nil, nil)
	require.Len(t, parse[answer](t, body).Events, 20)
	_, _, body = b.do("GET", "/events?feed=hall1&limit=2", nil, nil)
	require.JSONEq(t, `{"events":[
		{"at":"2026-11-23T04:00:00Z","feed":"hall1","kind":"switched","from":"","to":"","reason":"","cause":"0","advice":""},
		{"at":"2026-11-23T03:59:59Z","feed":"hall1","kind":"switched","from":"","to":"","reason":"","cause":"1","advice":""}]}`, body)
	for _, limit := range []string{"0", "-1", "1001", "x", "1e3"} {
		status, _, body := b.do("GET", "/events?limit="+limit, nil, nil)
		require.Equal(t, 400, status)
		require.Contains(t, body, "error.events.limit")
	}
}
