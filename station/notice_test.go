package station_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/feed/health"
	"podium.tv/podium/stb-api/message"
)

// TestNoticesAreInTheMessageFile holds what logs say of a source in English against what pages say.
func TestNoticesAreInTheMessageFile(t *testing.T) {
	for _, code := range health.Codes() {
		n := health.Notice{Code: code}
		require.True(t, message.Has(n.Key()), code)
		require.Equal(t, n.String(), message.Text(message.English, n.Key()))
		require.NotEqual(t, n.String(), message.Text(message.Chinese, n.Key()))
	}
}
