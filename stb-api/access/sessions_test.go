package access_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/access"
)

func TestSignIn(t *testing.T) {
	r := newRig(t)
	ctx := t.Context()
	r.member(t, "张伟", access.Editor)

	begun, err := r.sessions.SignIn(ctx, " 张伟 ", goodPassword, "", "", home)
	require.NoError(t, err)
	require.Len(t, begun.Token, 43)
	require.Equal(t, "张伟", begun.Name)
	require.Equal(t, access.Editor, begun.Role)

	who, err := r.sessions.Resume(ctx, begun.Token)
	require.NoError(t, err)
	require.Equal(t, "张伟", who.Name)

	for _, token := range []string{"", "x", begun.Token + "x", strings.Repeat("A", 43), begun.Token[1:] + "A"} {
		_, err := r.sessions.Resume(ctx, token)
		require.ErrorIs(t, err, access.ErrNoSession)
	}
	for name, password := range map[string]string{"张伟": "wrong", "nobody": goodPassword, "": "", "a\x00b\r\nforged": "x"} {
		_, err := r.sessions.SignIn(ctx, name, password, "", "", strange)
		require.ErrorIs(t, err, access.ErrBadPassword)
	}
	_, err = r.sessions.SignIn(ctx, "张伟", strings.Repeat("x", 1<<20), "", "", strange)
	require.ErrorIs(t, err, access.ErrBadPassword)

	require.NotContains(t, r.log.String(), begun.Token)
	require.NotContains(t, r.log.String(), goodPassword)
	for line := range strings.Lines(r.log.String()) {
		require.True(t, strings.HasPrefix(line, "{"), "a name forged a line: %q", line)
	}
	require.Contains(t, r.log.String(), "signed in")
	require.Contains(t, r.log.String(), "sign-in failed")
}

func TestSessionEnds(t *testing.T) {
	ctx := t.Context()
	begin := func(t *testing.T) (*rig, access.SignedIn) {
		r := newRig(t)
		r.member(t, "li", access.Admin)
		begun, err := r.sessions.SignIn(ctx, "li", goodPassword, "", "", home)
		require.NoError(t, err)
		return r, begun
	}
	resume := func(r *rig, begun access.SignedIn) error {
		_, err := r.sessions.Resume(ctx, begun.Token)
		return err
	}

	t.Run("unused", func(t *testing.T) {
		r, begun := begin(t)
		r.clock.pass(12*time.Hour - time.Second)
		require.NoError(t, resume(r, begun))
		r.clock.pass(12*time.Hour - time.Second)
		require.NoError(t, resume(r, begun), "use makes it last")
		r.clock.pass(12 * time.Hour)
		require.ErrorIs(t, resume(r, begun), access.ErrNoSession)
	})
	t.Run("at the latest", func(t *testing.T) {
		r, begun := begin(t)
		for range 7*24 - 1 {
			r.clock.pass(time.Hour)
			require.NoError(t, resume(r, begun))
		}
		r.clock.pass(time.Hour)
		require.ErrorIs(t, resume(r, begun), access.ErrNoSession)
	})
	t.Run("signed out", func(t *testing.T) {
		r, begun := begin(t)
		require.NoError(t, r.sessions.SignOut(ctx, begun.Token))
		require.NoError(t, r.sessions.SignOut(ctx, begun.Token))
		require.ErrorIs(t, resume(r, begun), access.ErrNoSession)
	})
	t.Run("signed in again", func(t *testing.T) {
		r, begun := begin(t)
		again, err := r.sessions.SignIn(ctx, "li", goodPassword, "", begun.Token, home)
		require.NoError(t, err)
		require.NotEqual(t, begun.Token, again.Token)
		require.ErrorIs(t, resume(r, begun), access.ErrNoSession)
		require.NoError(t, resume(r, again))
	})
	t.Run("account disabled", func(t *testing.T) {
		r, begun := begin(t)
		require.NoError(t, r.accounts.Disable(ctx, "LI", true))
		require.ErrorIs(t, resume(r, begun), access.ErrNoSession)
		_, err := r.sessions.SignIn(ctx, "li", goodPassword, "", "", home)
		require.ErrorIs(t, err, access.ErrBadPassword)
		require.NoError(t, r.accounts.Disable(ctx, "li", false))
		require.ErrorIs(t, resume(r, begun), access.ErrNoSession, "it does not come back to life")
	})
	t.Run("password set by another", func(t *testing.T) {
		r, begun := begin(t)
		require.NoError(t, r.accounts.SetPassword(ctx, "li", "rain over the tea hills", true))
		require.ErrorIs(t, resume(r, begun), access.ErrNoSession)
		again, err := r.sessions.SignIn(ctx, "li", "rain over the tea hills", "", "", home)
		require.NoError(t, err)
		require.True(t, again.MustChange)
	})
	t.Run("password changed", func(t *testing.T) {
		r, begun := begin(t)
		_, err := r.sessions.ChangePassword(ctx, begun.Identity, "wrong", "rain over the tea hills", home)
		require.ErrorIs(t, err, access.ErrBadPassword)
		_, err = r.sessions.ChangePassword(ctx, begun.Identity, goodPassword, goodPassword, home)
		var rule *access.RuleError
		require.ErrorAs(t, err, &rule)
		require.NoError(t, resume(r, begun))
		again, err := r.sessions.ChangePassword(ctx, begun.Identity, goodPassword, "rain over the tea hills", home)
		require.NoError(t, err)
		require.ErrorIs(t, resume(r, begun), access.ErrNoSession)
		require.NoError(t, resume(r, again))
	})
	t.Run("pruned", func(t *testing.T) {
		r, begun := begin(t)
		require.NoError(t, r.sessions.Prune(ctx))
		require.NoError(t, resume(r, begun))
		r.clock.pass(13 * time.Hour)
		require.NoError(t, r.sessions.Prune(ctx))
		n, err := r.store.PruneSessions(ctx, r.clock.now())
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

func TestGuessingIsSlowedAndTheOwnerIsNot(t *testing.T) {
	r := newRig(t)
	ctx := t.Context()
	r.member(t, "li", access.Admin)
	known, err := r.sessions.SignIn(ctx, "li", goodPassword, "", "", home)
	require.NoError(t, err)
	require.NotEmpty(t, known.Device)

	// A stranger behind the owner's own address guesses for an hour.
	guesses, refusals := 0, 0
	for end := r.clock.now().Add(time.Hour); r.clock.now().Before(end); r.clock.pass(time.Second) {
		_, err := r.sessions.SignIn(ctx, "li", "guess", "", "", home)
		var wait *access.WaitError
		if errors.As(err, &wait) {
			refusals++
			continue
		}
		require.ErrorIs(t, err, access.ErrBadPassword)
		guesses++
	}
	require.Less(t, guesses, 25)
	require.Positive(t, refusals)

	_, err = r.sessions.SignIn(ctx, "li", goodPassword, known.Device, "", home)
	require.NoError(t, err, "the owner's browser is not in the stranger's queue")
	_, err = r.sessions.SignIn(ctx, "li", goodPassword, "", "", netip.MustParseAddr("203.0.113.5"))
	require.NoError(t, err, "nor is the owner at another place")

	// The mark is good for its account alone.
	_, err = r.sessions.SignIn(ctx, "li", "guess", strings.Repeat("A", 40), "", home)
	var wait *access.WaitError
	require.ErrorAs(t, err, &wait)
	// A stolen mark is slowed too.
	for range 8 {
		_, err = r.sessions.SignIn(ctx, "li", "guess", known.Device, "", strange)
		require.ErrorIs(t, err, access.ErrBadPassword)
	}
	_, err = r.sessions.SignIn(ctx, "li", "guess", known.Device, "", strange)
	require.ErrorAs(t, err, &wait)
}

func TestAccountRules(t *testing.T) {
	r := newRig(t)
	ctx := t.Context()
	r.member(t, "Li", access.Admin)
	require.ErrorIs(t, r.accounts.Create(ctx, "lI", goodPassword, access.Editor, false), access.ErrNameTaken)
	require.ErrorContains(t, r.accounts.Create(ctx, "wang", goodPassword, "owner", false), "owner")
	var rule *access.RuleError
	require.ErrorAs(t, r.accounts.Create(ctx, "wang", "password1234", access.Editor, false), &rule)
	require.ErrorIs(t, r.accounts.SetPassword(ctx, "wang", goodPassword, false), access.ErrNoAccount)
	require.ErrorIs(t, r.accounts.Disable(ctx, "wang", true), access.ErrNoAccount)
	all, err := r.accounts.List(ctx)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Empty(t, all[0].PasswordHash)
}

func TestRoles(t *testing.T) {
	require.True(t, access.Admin.May(access.Editor))
	require.True(t, access.Editor.May())
	require.True(t, access.Editor.May(access.Editor))
	require.False(t, access.Editor.May(access.Admin))
	require.False(t, access.Role("").May())
	require.False(t, access.Role("owner").May("owner"))
}
