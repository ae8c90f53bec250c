package access_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/access"
)

// light is a hasher for tests: the same code with little work.
func light() *access.Hasher { return &access.Hasher{Memory: 64, Passes: 1} }

func TestHash(t *testing.T) {
	ctx := t.Context()
	hasher := &access.Hasher{Memory: 1024}
	hash, err := hasher.Hash(ctx, "cafe\u0301 au lait, 2 sucres")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(hash, "$argon2id$v=19$m=1024,t=3,p=1$"), hash)
	again, err := hasher.Hash(ctx, "cafe\u0301 au lait, 2 sucres")
	require.NoError(t, err)
	require.NotEqual(t, hash, again, "each has a salt of its own")

	for password, expected := range map[string]bool{
		"café au lait, 2 sucres": true, "cafe au lait, 2 sucres": false, "": false,
	} {
		matches, err := light().Matches(ctx, password, hash)
		require.NoError(t, err)
		require.Equal(t, expected, matches, password)
	}
	require.False(t, light().Stale(hash))
	require.True(t, (&access.Hasher{}).Stale(hash))
}

func TestHashThatCannotBeRead(t *testing.T) {
	for _, hash := range []string{
		"", "plain", "$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=16$m=64,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=64,t=0,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=64,t=1,p=0$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=64,t=1,p=1$!$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAA$", "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA$more",
	} {
		matches, err := light().Matches(t.Context(), "x", hash)
		require.Error(t, err, hash)
		require.False(t, matches)
		require.True(t, light().Stale(hash))
	}
}

func TestFewHashesAtOnce(t *testing.T) {
	hasher := &access.Hasher{Memory: 16 << 10, Passes: 4, Parallel: 1, Queue: 2, Wait: time.Minute}
	var group sync.WaitGroup
	var busy, done atomic.Int32
	start := make(chan struct{})
	for range 40 {
		group.Go(func() {
			<-start
			switch err := hasher.Waste(context.Background(), "x"); {
			case errors.Is(err, access.ErrBusy):
				busy.Add(1)
			case err == nil:
				done.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	close(start)
	group.Wait()
	require.Positive(t, busy.Load())
	require.GreaterOrEqual(t, done.Load(), int32(1))
	require.NoError(t, hasher.Waste(t.Context(), "x"), "the places are given back")

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 10 { // Whichever way the choice falls, no place is lost.
		if _, err := hasher.Hash(gone, "x"); err != nil {
			require.ErrorIs(t, err, context.Canceled)
		}
	}
	require.NoError(t, hasher.Waste(t.Context(), "x"))
}

func FuzzMatches(f *testing.F) {
	hash, err := light().Hash(f.Context(), "x")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(hash)
	f.Add("$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, hash string) {
		var memory uint32
		if i := strings.Index(hash, "m="); i >= 0 {
			_, _ = fmt.Sscanf(hash[i:], "m=%d", &memory)
		}
		if memory > 4096 {
			return // Slow, not wrong.
		}
		_, _ = light().Matches(context.Background(), "x", hash)
	})
}
