package events_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/events"
	"podium.tv/podium/origin/feed"
)

func TestLogKeepsTheLast(t *testing.T) {
	l := &events.Log{Size: 4}
	require.Empty(t, l.Recent("", 10))
	causes := func(of string, n int) (out []string) {
		for _, e := range l.Recent(of, n) {
			out = append(out, e.Cause)
		}
		return out
	}
	for i := range 6 {
		l.Add(feed.Event{Feed: []string{"even", "odd"}[i%2], Cause: fmt.Sprint(i)})
		if i == 1 {
			require.Equal(t, []string{"1", "0"}, causes("", 10))
		}
	}
	require.Equal(t, []string{"5", "4", "3", "2"}, causes("", 10))
	require.Equal(t, []string{"5", "4"}, causes("", 2))
	require.Equal(t, []string{"4", "2"}, causes("even", 10))
	require.Empty(t, causes("other", 10))
}
