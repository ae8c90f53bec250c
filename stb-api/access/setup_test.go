package access_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/access"
)

func TestSetupLink(t *testing.T) {
	r := newRig(t)
	ctx := t.Context()
	path, first, err := r.setup.Link(ctx)
	require.NoError(t, err)
	require.Equal(t, "/console/#setup="+first, path)
	require.NoError(t, r.setup.Valid(ctx, first))

	_, token, err := r.setup.Link(ctx)
	require.NoError(t, err)
	require.NotEqual(t, first, token)
	require.ErrorIs(t, r.setup.Valid(ctx, first), access.ErrNoSetup, "a new start ends the link before")
	for _, bad := range []string{"", "x", strings.Repeat("A", 43), token + "x"} {
		require.ErrorIs(t, r.setup.Valid(ctx, bad), access.ErrNoSetup)
		require.ErrorIs(t, r.setup.Redeem(ctx, bad, "li", goodPassword), access.ErrNoSetup)
	}

	var rule *access.RuleError
	require.ErrorAs(t, r.setup.Redeem(ctx, token, "li", "short"), &rule)
	require.NoError(t, r.setup.Valid(ctx, token), "a bad password does not use it up")

	var made atomic.Int32
	var group sync.WaitGroup
	for _, name := range []string{"li", "wang", "zhao", "sun"} { // Two that open it at once make one account.
		group.Go(func() {
			if r.setup.Redeem(ctx, token, name, goodPassword) == nil {
				made.Add(1)
			}
		})
	}
	group.Wait()
	require.Equal(t, int32(1), made.Load())
	accounts, err := r.accounts.List(ctx)
	require.NoError(t, err)
	require.Len(t, accounts, 1)
	require.Equal(t, "admin", accounts[0].Role)
	require.ErrorIs(t, r.setup.Valid(ctx, token), access.ErrNoSetup)

	path, token, err = r.setup.Link(ctx)
	require.NoError(t, err)
	require.Empty(t, path)
	require.Empty(t, token)
}

func TestSetupLinkExpires(t *testing.T) {
	r := newRig(t)
	_, token, err := r.setup.Link(t.Context())
	require.NoError(t, err)
	r.clock.pass(24 * time.Hour)
	require.ErrorIs(t, r.setup.Redeem(t.Context(), token, "li", goodPassword), access.ErrNoSetup)
}

func TestSetupLinkEndsWithTheFirstAccount(t *testing.T) {
	r := newRig(t)
	_, token, err := r.setup.Link(t.Context())
	require.NoError(t, err)
	r.member(t, "li", access.Admin) // On the command line.
	require.ErrorIs(t, r.setup.Redeem(t.Context(), token, "wang", goodPassword), access.ErrNoSetup)
}
