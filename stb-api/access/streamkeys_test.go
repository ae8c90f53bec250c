package access_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/storage/catalogue"
)

// away is a catalogue that does not answer.
type away struct{ access.StreamKeyStore }

var errAway = errors.New("away")

func (away) StreamKeys(context.Context, string) ([]catalogue.StreamKey, error) { return nil, errAway }

func TestStreamKeys(t *testing.T) {
	r := newRig(t)
	ctx := t.Context()
	var told []string
	r.keys.Revoked = func(feed string) { told = append(told, feed) }

	key, err := r.keys.Create(ctx, "hall1")
	require.NoError(t, err)
	require.Regexp(t, `^[a-z2-7]{26}$`, key)
	require.NoError(t, r.keys.CheckStreamKey(ctx, "hall1", key))
	require.NoError(t, r.keys.CheckStreamKey(ctx, "hall1", strings.ToUpper(key)), "some encoders' panels have capitals only")
	for feed, bad := range map[string]string{
		"hall1": "wrong", "hall2": key, "": key, "hall3": "", "hall4": strings.Repeat("a", 1<<20), strings.Repeat("a", 1<<20): key, "a\x00": key,
	} {
		require.ErrorIs(t, r.keys.CheckStreamKey(ctx, feed, bad), access.ErrBadStreamKey)
	}
	stored, err := r.store.StreamKeys(ctx, "hall1")
	require.NoError(t, err)
	require.NotContains(t, stored[0].KeyHash, key)
	require.NotContains(t, r.log.String(), key)
	require.Empty(t, told)

	second, err := r.keys.Create(ctx, "hall1")
	require.NoError(t, err)
	require.ErrorIs(t, r.keys.CheckStreamKey(ctx, "hall1", key), access.ErrBadStreamKey)
	require.NoError(t, r.keys.CheckStreamKey(ctx, "hall1", second))
	require.NoError(t, r.keys.Revoke(ctx, "hall1"))
	require.ErrorIs(t, r.keys.CheckStreamKey(ctx, "hall1", second), access.ErrBadStreamKey)
	require.Equal(t, []string{"hall1", "hall1"}, told)
}

func TestStreamKeyIsRememberedForTenSeconds(t *testing.T) {
	r := newRig(t)
	ctx := t.Context()
	key, err := r.keys.Create(ctx, "hall1")
	require.NoError(t, err)
	require.NoError(t, r.keys.CheckStreamKey(ctx, "hall1", key))
	r.keys.Store = away{r.store}
	r.clock.pass(9 * time.Second)
	require.NoError(t, r.keys.CheckStreamKey(ctx, "hall1", key))
	r.clock.pass(time.Second)
	require.ErrorIs(t, r.keys.CheckStreamKey(ctx, "hall1", key), errAway)
}
