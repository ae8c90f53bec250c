package access_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"podium.tv/podium/stb-api/access"
)

func secret(fill byte) []byte { return bytes.Repeat([]byte{fill}, 32) }

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func fixed(at time.Time) func() time.Time { return func() time.Time { return at } }

func TestTokenPlaysItsScopeUntilItExpires(t *testing.T) {
	var now atomic.Int64
	now.Store(noon.Unix())
	signer := &access.Signer{Secrets: [][]byte{secret(1)}, Now: func() time.Time { return time.Unix(now.Load(), 0) }}
	token := signer.Sign("edu1", noon.Add(time.Hour))
	require.Len(t, token, access.TokenLength)
	for range 2 { // The second time is from memory.
		require.NoError(t, signer.Verify(token, "edu1"))
		require.ErrorIs(t, signer.Verify(token, "edu2"), access.ErrBadToken)
		require.ErrorIs(t, signer.Verify(token, "edu1/"), access.ErrBadToken)
		require.ErrorIs(t, signer.Verify(token, ""), access.ErrBadToken)
		require.ErrorIs(t, signer.Verify(token, access.AnyScope), access.ErrBadToken)
	}
	now.Add(3599)
	require.NoError(t, signer.Verify(token, "edu1"))
	now.Add(1)
	require.ErrorIs(t, signer.Verify(token, "edu1"), access.ErrTokenExpired)
	fresh := &access.Signer{Secrets: signer.Secrets, Now: signer.Now}
	require.ErrorIs(t, fresh.Verify(token, "edu1"), access.ErrTokenExpired)
	now.Add(-1)
	require.NoError(t, signer.Verify(token, "edu1"), "a clock that was set right again")
}

func TestTokenForEverything(t *testing.T) {
	signer := &access.Signer{Secrets: [][]byte{secret(1)}, Now: fixed(noon)}
	token := signer.Sign(access.AnyScope, noon.Add(time.Hour))
	require.NoError(t, signer.Verify(token, "edu1"))
	require.NoError(t, signer.Verify(token, "edu2"))
	// A token of one scope does not become one of any by its second byte.
	raw, err := base64.RawURLEncoding.DecodeString(signer.Sign("edu1", noon.Add(time.Hour)))
	require.NoError(t, err)
	raw[1] = 1
	require.ErrorIs(t, signer.Verify(base64.RawURLEncoding.EncodeToString(raw), "edu1"), access.ErrBadToken)
}

func TestSecretsRotate(t *testing.T) {
	old := &access.Signer{Secrets: [][]byte{secret(1)}, Now: fixed(noon)}
	both := &access.Signer{Secrets: [][]byte{secret(2), secret(1)}, Now: fixed(noon)}
	token := old.Sign("edu1", noon.Add(time.Hour))
	require.NoError(t, both.Verify(token, "edu1"))
	require.Error(t, old.Verify(both.Sign("edu1", noon.Add(time.Hour)), "edu1"))
}

func TestZeroSignerRefuses(t *testing.T) {
	var signer access.Signer
	require.Empty(t, signer.Sign("edu1", noon))
	require.ErrorIs(t, signer.Verify("", "edu1"), access.ErrBadToken)
	made := &access.Signer{Secrets: [][]byte{secret(0)}}
	require.ErrorIs(t, signer.Verify(made.Sign("edu1", time.Now().Add(time.Hour)), "edu1"), access.ErrBadToken)
	require.Error(t, access.CheckSecrets(nil))
	require.Error(t, access.CheckSecrets([][]byte{secret(1), {1, 2}}))
	require.NoError(t, access.CheckSecrets([][]byte{secret(1)}))
}

func TestEveryBitOfATokenCounts(t *testing.T) {
	signer := &access.Signer{Secrets: [][]byte{secret(1)}, Now: fixed(noon)}
	token := signer.Sign("edu1", noon.Add(time.Hour))
	raw, err := base64.RawURLEncoding.DecodeString(token)
	require.NoError(t, err)
	for bit := range len(raw) * 8 {
		changed := bytes.Clone(raw)
		changed[bit/8] ^= 1 << (bit % 8)
		want := access.ErrBadToken
		if bit == 9 { // It says then that it is bound, and is good for no device.
			_, err := signer.Enter(base64.RawURLEncoding.EncodeToString(changed), "edu1", "box")
			require.ErrorIs(t, err, access.ErrBadToken)
			want = access.ErrTokenBound
		}
		require.ErrorIs(t, signer.Verify(base64.RawURLEncoding.EncodeToString(changed), "edu1"), want, "bit %d", bit)
	}
	for _, spelling := range []string{token + "=", token[:31], token + "A", " " + token[1:], token[:31] + "\n", strings.Repeat("A", 1<<20)} {
		require.ErrorIs(t, signer.Verify(spelling, "edu1"), access.ErrBadToken)
	}
}

func TestTokenProperties(t *testing.T) {
	signer := &access.Signer{Secrets: [][]byte{secret(1)}, Now: fixed(noon)}
	rapid.Check(t, func(t *rapid.T) {
		scope := rapid.StringN(1, 60, 240).Filter(func(s string) bool { return s != "*" }).Draw(t, "scope")
		seconds := rapid.Int64Range(-1<<62, 1<<61).Draw(t, "seconds")
		token := signer.Sign(scope, time.Unix(seconds, 0))
		if err := signer.Verify(token, scope); (err == nil) != (seconds > noon.Unix()) {
			t.Fatalf("expires %d: %v", seconds, err)
		}
		other := rapid.String().Draw(t, "other")
		if other != scope && signer.Verify(token, other) == nil {
			t.Fatalf("a token of %q plays %q", scope, other)
		}
	})
}

// More tokens than are remembered, from many goroutines: all stay good and the expired stay bad.
func TestManyTokens(t *testing.T) {
	signer := &access.Signer{Secrets: [][]byte{secret(1)}, Now: fixed(noon)}
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for i := range 25000 {
				scope := fmt.Sprintf("c%d-%d", worker, i)
				token := signer.Sign(scope, noon.Add(time.Hour))
				for range 2 { // From its signature and from memory.
					if signer.Verify(token, scope) != nil {
						t.Error("a good token was refused")
					}
				}
			}
		})
	}
	group.Wait()
}

func TestLoadSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "token.secret")
	var group sync.WaitGroup
	var first [8][][]byte
	for i := range first { // Two processes may start at once.
		group.Go(func() {
			var err error
			first[i], err = access.LoadSecret(path)
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	require.Len(t, first[0], 1)
	require.Len(t, first[0][0], 32)
	for _, other := range first {
		require.Equal(t, first[0], other)
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "no temporary files stay")

	content, err := os.ReadFile(path)
	require.NoError(t, err)
	added := base64.StdEncoding.EncodeToString(secret(7))
	require.NoError(t, os.WriteFile(path, []byte("# newest first\n"+added+"\n\n"+string(content)), 0o600))
	both, err := access.LoadSecret(path)
	require.NoError(t, err)
	require.Equal(t, [][]byte{secret(7), first[0][0]}, both)

	require.NoError(t, os.Chmod(path, 0o640))
	_, err = access.LoadSecret(path)
	require.ErrorContains(t, err, "0640")
	require.NoError(t, os.Chmod(path, 0o600))
	for _, bad := range []string{"", "c2hvcnQ=\n", "not base64!\n", strings.Repeat("A", 100000)} {
		require.NoError(t, os.WriteFile(path, []byte(bad), 0o600))
		_, err = access.LoadSecret(path)
		require.Error(t, err)
	}
}

func FuzzVerify(f *testing.F) {
	signer := &access.Signer{Secrets: [][]byte{secret(1), secret(2)}, Now: fixed(noon)}
	good := signer.Sign("edu1", noon.Add(time.Hour))
	f.Add(good, "edu1")
	f.Add(signer.Sign("*", noon.Add(time.Hour)), "edu1")
	f.Add(signer.Sign("edu1", noon), "edu1")
	f.Add(strings.Repeat("A", 32), "*")
	f.Fuzz(func(t *testing.T, token, scope string) {
		err := signer.Verify(token, scope)
		if err != nil {
			return
		}
		// Whatever is accepted must be what we would sign ourselves, to the letter.
		raw, decodeErr := base64.RawURLEncoding.DecodeString(token)
		require.NoError(t, decodeErr)
		expires := int64(0)
		for _, b := range raw[2:8] {
			expires = expires<<8 | int64(b)
		}
		signed := scope
		if raw[1] == 1 {
			signed = "*"
		}
		again := []string{signer.Sign(signed, time.Unix(expires, 0))}
		again = append(again, (&access.Signer{Secrets: [][]byte{secret(2)}}).Sign(signed, time.Unix(expires, 0)))
		require.Contains(t, again, token)
		require.Greater(t, expires, noon.Unix())
	})
}

func BenchmarkVerify(b *testing.B) {
	signer := &access.Signer{Secrets: [][]byte{secret(1)}}
	expires := time.Now().Add(time.Hour)
	b.Run("again", func(b *testing.B) {
		token := signer.Sign("edu1", expires)
		b.ReportAllocs()
		for b.Loop() {
			if signer.Verify(token, "edu1") != nil {
				b.Fatal("refused")
			}
		}
	})
	b.Run("again in parallel", func(b *testing.B) {
		tokens := make([]string, 1024)
		for i := range tokens {
			tokens[i] = signer.Sign("edu1", expires.Add(time.Duration(i)*time.Second))
		}
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				if signer.Verify(tokens[i%len(tokens)], "edu1") != nil {
					b.Fail()
				}
			}
		})
	})
	b.Run("first time", func(b *testing.B) {
		bad := strings.Repeat("AQAA", 8)
		b.ReportAllocs()
		for b.Loop() {
			if signer.Verify(bad, "edu1") == nil {
				b.Fatal("accepted")
			}
		}
	})
}

func TestVerifyAgainDoesNotAllocate(t *testing.T) {
	signer := &access.Signer{Secrets: [][]byte{secret(1)}}
	token := signer.Sign("edu1", time.Now().Add(time.Hour))
	require.NoError(t, signer.Verify(token, "edu1"))
	require.Zero(t, testing.AllocsPerRun(1000, func() { _ = signer.Verify(token, "edu1") }))
}
