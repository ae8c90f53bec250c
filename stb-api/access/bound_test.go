package access_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/stb-api/access"
)

const box = "00:1A:79:4f:01:02"

func TestBoundTokenPlaysNothingByItself(t *testing.T) {
	now := noon
	signer := &access.Signer{Secrets: [][]byte{secret(1)}, Now: func() time.Time { return now }, Session: 4 * time.Hour}
	for _, scope := range []string{"edu1", "vod/lecture", access.AnyScope} {
		token := signer.Grant(access.Grant{Scope: scope, Device: box, Expires: noon.Add(30 * time.Hour)})
		require.Len(t, token, access.TokenLength)
		require.True(t, signer.Bound(token))
		asked := scope
		if scope == access.AnyScope {
			asked = "edu7"
		}
		require.ErrorIs(t, signer.Verify(token, asked), access.ErrTokenBound)
		for _, device := range []string{"", "another", strings.ToLower(box), box + "0", "a b", strings.Repeat("a", 129)} {
			_, err := signer.Enter(token, asked, device)
			require.Error(t, err, device)
		}
		session, err := signer.Enter(token, asked, box)
		require.NoError(t, err)
		require.False(t, signer.Bound(session))
		require.NoError(t, signer.Verify(session, asked))
		require.ErrorIs(t, signer.Verify(session, "edu8"), access.ErrBadToken, "a session has one scope")
		until, err := signer.Until(session, asked)
		require.NoError(t, err)
		require.Equal(t, noon.Add(4*time.Hour), until.UTC())
		_, err = signer.Enter(session, asked, box)
		require.ErrorIs(t, err, access.ErrBadToken, "a session is not prolonged by itself")
	}
}

func TestSessionEndsWithItsEntry(t *testing.T) {
	now := noon
	signer := &access.Signer{Secrets: [][]byte{secret(1)}, Now: func() time.Time { return now }}
	token := signer.Grant(access.Grant{Scope: "edu1", Device: box, Expires: noon.Add(time.Hour)})
	session, err := signer.Enter(token, "edu1", box)
	require.NoError(t, err)
	now = noon.Add(59 * time.Minute)
	again, err := signer.Enter(token, "edu1", box)
	require.NoError(t, err)
	require.Equal(t, session, again)
	require.NoError(t, signer.Verify(session, "edu1"))
	now = noon.Add(time.Hour)
	require.ErrorIs(t, signer.Verify(session, "edu1"), access.ErrTokenExpired)
	_, err = signer.Enter(token, "edu1", box)
	require.ErrorIs(t, err, access.ErrTokenExpired)
}

func TestGenerationsRevoke(t *testing.T) {
	generation := map[string]uint32{}
	signer := &access.Signer{
		Secrets: [][]byte{secret(1)}, Now: fixed(noon), Generation: func(scope string) uint32 { return generation[scope] },
	}
	first := signer.Sign("edu1", noon.Add(time.Hour))
	other := signer.Sign("edu2", noon.Add(time.Hour))
	bound := signer.Grant(access.Grant{Scope: "edu1", Device: box, Expires: noon.Add(time.Hour)})
	require.NoError(t, signer.Verify(first, "edu1"))
	for step := uint32(1); step < 4; step++ {
		generation["edu1"] = step
		require.ErrorIs(t, signer.Verify(first, "edu1"), access.ErrBadToken, "also where it was seen before")
		_, err := signer.Enter(bound, "edu1", box)
		require.ErrorIs(t, err, access.ErrBadToken)
		require.NoError(t, signer.Verify(other, "edu2"))
		first = signer.Sign("edu1", noon.Add(time.Hour))
		bound = signer.Grant(access.Grant{Scope: "edu1", Device: box, Expires: noon.Add(time.Hour)})
		require.NoError(t, signer.Verify(first, "edu1"))
		_, err = signer.Enter(bound, "edu1", box)
		require.NoError(t, err)
	}
}

// A cache knows bound tokens by how they begin; deploy/nginx.conf has it written out.
func TestBoundTokensLookDifferent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		signer := &access.Signer{Secrets: [][]byte{secret(1)}, Now: fixed(noon)}
		if generation := rapid.Uint32().Draw(t, "generation"); generation%2 == 1 {
			signer.Generation = func(string) uint32 { return generation }
		}
		g := access.Grant{
			Scope: rapid.SampledFrom([]string{"edu1", "*", "vod/a"}).Draw(t, "scope"), Expires: noon.Add(time.Hour),
			Device: rapid.StringMatching(`[-A-Za-z0-9._:]{0,128}`).Draw(t, "device"),
		}
		token := signer.Grant(g)
		bound := strings.HasPrefix(token, "AQ") && strings.ContainsRune("IMYc", rune(token[2]))
		if bound != (g.Device != "") || signer.Bound(token) != bound {
			t.Fatalf("%+v: %s", g, token)
		}
		// A token of one device, scope or generation is never that of another.
		if bound {
			if _, err := signer.Enter(token, "edu1", g.Device); (err == nil) != (g.Scope != "vod/a") {
				t.Fatalf("%+v: %v", g, err)
			}
			if _, err := signer.Enter(token, "edu1", g.Device+"x"); err == nil {
				t.Fatalf("%+v plays on another device", g)
			}
		}
	})
}

func FuzzEnter(f *testing.F) {
	signer := &access.Signer{Secrets: [][]byte{secret(1)}, Now: fixed(noon)}
	f.Add(signer.Grant(access.Grant{Scope: "edu1", Device: box, Expires: noon.Add(time.Hour)}), "edu1", box)
	f.Add(signer.Grant(access.Grant{Scope: "*", Device: "a", Expires: noon.Add(time.Hour)}), "vod/a", "a")
	f.Add(signer.Sign("edu1", noon.Add(time.Hour)), "edu1", "")
	f.Add(strings.Repeat("A", 32), "*", "\x00")
	f.Fuzz(func(t *testing.T, token, scope, device string) {
		session, err := signer.Enter(token, scope, device)
		if err != nil {
			return
		}
		require.True(t, access.IsDevice(device))
		require.True(t, signer.Bound(token))
		require.False(t, signer.Bound(session))
		require.NoError(t, signer.Verify(session, scope))
		_, err = signer.Enter(token, scope, device+"x")
		require.Error(t, err)
	})
}
