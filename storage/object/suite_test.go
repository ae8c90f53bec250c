package object_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/storage/object"
	"podium.tv/podium/testserver"
)

// TestStore runs one suite on every store.
func TestStore(t *testing.T) {
	t.Run("folder", func(t *testing.T) {
		runSuite(t, func(t *testing.T) object.Store { return newFolder(t) })
	})
	t.Run("spool over folder", func(t *testing.T) {
		runSuite(t, func(t *testing.T) object.Store { return newSpool(t, &object.Spool{Remote: newFolder(t)}) })
	})
	t.Run("measured folder", func(t *testing.T) {
		runSuite(t, func(t *testing.T) object.Store {
			return &object.Measured{Store: newFolder(t), Name: "folder", Metrics: object.NewMetrics(nil)}
		})
	})
	t.Run("minio", func(t *testing.T) {
		server := testserver.StartMinIO(t)
		t.Run("bucket", func(t *testing.T) {
			runSuite(t, func(t *testing.T) object.Store { return newBucket(t, server) })
		})
		t.Run("spool over bucket", func(t *testing.T) {
			runSuite(t, func(t *testing.T) object.Store { return newSpool(t, &object.Spool{Remote: newBucket(t, server)}) })
		})
	})
}

func newFolder(t testing.TB) *object.Folder {
	t.Helper()
	f := &object.Folder{Root: t.TempDir()}
	require.NoError(t, f.Initialize())
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

// newBucket returns a store in a bucket of its own, which does not exist yet.
func newBucket(t testing.TB, server *testserver.MinIO) *object.Bucket {
	t.Helper()
	b := &object.Bucket{
		Endpoint:  server.Endpoint,
		AccessKey: server.AccessKey,
		SecretKey: server.SecretKey,
		Name:      fmt.Sprintf("podium-%d", rand.Uint64()),
		Prefix:    "house/one",
		PartSize:  5 << 20,
		Timeout:   5 * time.Second,
	}
	require.NoError(t, b.Initialize())
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

// newSpool fills in a folder and short times where none are given.
func newSpool(t testing.TB, s *object.Spool) *object.Spool {
	t.Helper()
	if s.Folder == "" {
		s.Folder = t.TempDir()
	}
	if s.Direct == 0 {
		s.Direct = 4 << 20
	}
	if s.RetryFirst == 0 {
		s.RetryFirst, s.RetryLast = 5*time.Millisecond, 200*time.Millisecond
	}
	if s.Settle == 0 {
		s.Settle = 20 * time.Millisecond
	}
	require.NoError(t, s.Initialize())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		require.NoError(t, s.Close(ctx))
	})
	return s
}

// drain waits until a spool has nothing left; other stores have nothing to wait for.
func drain(t testing.TB, store object.Store) {
	t.Helper()
	s, ok := store.(*object.Spool)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(t, s.Drain(ctx))
}

func randomBody(seed uint64, size int) []byte {
	body := make([]byte, size)
	var key [32]byte
	key[0], key[1], key[2] = byte(seed), byte(seed>>8), byte(seed>>16)
	_, _ = rand.NewChaCha8(key).Read(body)
	return body
}

func runSuite(t *testing.T, open func(t *testing.T) object.Store) {
	for _, part := range []struct {
		name string
		test func(t *testing.T, store object.Store)
	}{
		{"put and get", suitePutGet},
		{"ranges", suiteRanges},
		{"streams", suiteStreams},
		{"bodies that fail", suiteFailingBodies},
		{"what is not there", suiteNotFound},
		{"bad names", suiteBadNames},
		{"list", suiteList},
		{"parent and child", suiteParent},
		{"many at once", suiteConcurrent},
		{"deletes race puts", suiteDeleteRace},
		{"context that ended", suiteContext},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, open(t)) })
	}
}

func suitePutGet(t *testing.T, store object.Store) {
	ctx := t.Context()
	require.NoError(t, store.Check(ctx))
	for _, name := range []string{
		"a", "live/hall1/2026/11/23/04/000001.m4s", "..a/b..", "a=b/c_d/e-f.g", "...",
		strings.Repeat("n", 128), strings.Repeat("0123456/", 63) + "12345678",
	} {
		first, second := randomBody(1, 1000), randomBody(2, 700)
		kept := bytes.Clone(first)
		require.NoError(t, store.Put(ctx, name, kept), name)
		clear(kept) // the caller's again

		got, err := store.Get(ctx, name, 0, -1)
		require.NoError(t, err, name)
		require.Equal(t, first, got, name)

		require.NoError(t, store.Put(ctx, name, second), name)
		drain(t, store)
		got, err = store.Get(ctx, name, 0, -1)
		require.NoError(t, err, name)
		require.Equal(t, second, got, name)

		info, err := store.Stat(ctx, name)
		require.NoError(t, err, name)
		require.Equal(t, name, info.Name)
		require.EqualValues(t, 700, info.Size)
		require.WithinDuration(t, time.Now(), info.Modified, time.Minute)

		require.NoError(t, store.Delete(ctx, name), name)
		_, err = store.Get(ctx, name, 0, -1)
		require.ErrorIs(t, err, object.ErrNotFound, name)
		drain(t, store)
		_, err = store.Stat(ctx, name)
		require.ErrorIs(t, err, object.ErrNotFound, name)
	}
}

func suiteRanges(t *testing.T, store object.Store) {
	ctx := t.Context()
	body := randomBody(3, 100)
	for _, when := range []string{"just put", "drained"} {
		if when == "just put" {
			require.NoError(t, store.Put(ctx, "r/full", body))
			require.NoError(t, store.Put(ctx, "r/empty", nil))
		} else {
			drain(t, store)
		}
		for _, ca := range []struct {
			name           string
			offset, length int64
			want           []byte
		}{
			{"r/full", 0, -1, body},
			{"r/full", 0, 100, body},
			{"r/full", 0, 1, body[:1]},
			{"r/full", 0, 0, body[:0]},
			{"r/full", 10, 0, body[:0]},
			{"r/full", 10, 20, body[10:30]},
			{"r/full", 99, 1, body[99:]},
			{"r/full", 90, 1000, body[90:]},
			{"r/full", 90, -1, body[90:]},
			{"r/full", 0, 1 << 40, body},
			{"r/full", 100, -1, nil},
			{"r/full", 100, 5, nil},
			{"r/full", 1 << 40, 5, nil},
			{"r/empty", 0, -1, nil},
			{"r/empty", 0, 10, nil},
			{"r/empty", 5, 10, nil},
		} {
			label := fmt.Sprintf("%s: %s[%d:+%d]", when, ca.name, ca.offset, ca.length)
			got, err := store.Get(ctx, ca.name, ca.offset, ca.length)
			require.NoError(t, err, label)
			require.Len(t, got, len(ca.want), label)
			require.True(t, bytes.Equal(ca.want, got), label)

			if ca.length != -1 {
				continue
			}
			reader, info, err := store.Open(ctx, ca.name, ca.offset)
			require.NoError(t, err, label)
			streamed, err := io.ReadAll(reader)
			require.NoError(t, err, label)
			require.NoError(t, reader.Close(), label)
			require.True(t, bytes.Equal(ca.want, streamed), label)
			require.Equal(t, ca.name, info.Name, label)
			if ca.name == "r/full" {
				require.EqualValues(t, 100, info.Size, label) // of the whole object
			}
		}
		for _, bad := range [][2]int64{{-1, 5}, {0, -2}, {-5, -1}} {
			_, err := store.Get(ctx, "r/full", bad[0], bad[1])
			require.Error(t, err)
			require.NotErrorIs(t, err, object.ErrAway)
		}
		_, _, err := store.Open(ctx, "r/full", -1)
		require.Error(t, err)
	}
}

func suiteStreams(t *testing.T, store object.Store) {
	ctx := t.Context()
	for i, size := range []int{0, 1, 4096, 5<<20 - 1, 5 << 20, 5<<20 + 1, 12 << 20} {
		for _, known := range []int64{int64(size), -1} {
			name := fmt.Sprintf("s/%d/%d", size, known)
			body := randomBody(uint64(i), size)
			// A reader that is nothing but a reader, as from a request.
			require.NoError(t, store.PutStream(ctx, name, struct{ io.Reader }{bytes.NewReader(body)}, known), name)
			got, err := store.Get(ctx, name, 0, -1)
			require.NoError(t, err, name)
			require.True(t, bytes.Equal(body, got), name)
			drain(t, store)
			got, err = store.Get(ctx, name, 0, -1)
			require.NoError(t, err, name)
			require.True(t, bytes.Equal(body, got), name)
		}
	}
	// A stream replaces what was put, and a put what was streamed.
	body := randomBody(9, 6<<20)
	require.NoError(t, store.Put(ctx, "s/again", []byte("old")))
	require.NoError(t, store.PutStream(ctx, "s/again", bytes.NewReader(body), int64(len(body))))
	for range 2 {
		info, err := store.Stat(ctx, "s/again")
		require.NoError(t, err)
		require.EqualValues(t, len(body), info.Size)
		drain(t, store)
	}
	require.NoError(t, store.Put(ctx, "s/again", []byte("new")))
	for range 2 {
		got, err := store.Get(ctx, "s/again", 0, -1)
		require.NoError(t, err)
		require.Equal(t, "new", string(got))
		drain(t, store)
	}
	require.Error(t, store.PutStream(ctx, "s/bad", bytes.NewReader(nil), -2))
}

func suiteFailingBodies(t *testing.T, store object.Store) {
	ctx := t.Context()
	broken := errors.New("the editor's line broke")
	require.NoError(t, store.Put(ctx, "f/old", []byte("old")))
	for _, size := range []int{10, 6 << 20, 12 << 20} {
		for _, ca := range []struct {
			name string
			body io.Reader
			size int64
			want error
		}{
			{"breaks", io.MultiReader(bytes.NewReader(make([]byte, size)), iotest.ErrReader(broken)), int64(size) + 10, broken},
			{"breaks, size unknown", io.MultiReader(bytes.NewReader(make([]byte, size)), iotest.ErrReader(broken)), -1, broken},
			{"too short", bytes.NewReader(make([]byte, size)), int64(size) + 1, io.ErrUnexpectedEOF},
			{"too long", bytes.NewReader(make([]byte, size)), int64(size) - 1, nil},
		} {
			label := fmt.Sprintf("%s after %d", ca.name, size)
			for _, name := range []string{"f/old", "f/new"} {
				err := store.PutStream(ctx, name, struct{ io.Reader }{ca.body}, ca.size)
				require.Error(t, err, label)
				require.NotErrorIs(t, err, object.ErrAway, label)
				if ca.want != nil && name == "f/old" {
					require.ErrorIs(t, err, ca.want, label)
				}
				// The reader is used up now; what is asked of the second name is that it fails as well.
				ca.body, ca.size = iotest.ErrReader(broken), 10
			}
			drain(t, store)
			got, err := store.Get(ctx, "f/old", 0, -1)
			require.NoError(t, err, label)
			require.Equal(t, "old", string(got), label)
			_, err = store.Stat(ctx, "f/new")
			require.ErrorIs(t, err, object.ErrNotFound, label)
		}
	}
}

func suiteNotFound(t *testing.T, store object.Store) {
	ctx := t.Context()
	require.NoError(t, store.Put(ctx, "here/it/is", []byte("x")))
	drain(t, store)
	// A folder is no object, and an object no folder.
	for _, name := range []string{"gone", "gone/too", "here", "here/it", "here/it/is/not"} {
		_, err := store.Get(ctx, name, 0, -1)
		require.ErrorIs(t, err, object.ErrNotFound, name)
		require.Contains(t, err.Error(), name)
		_, err = store.Get(ctx, name, 0, 0)
		require.ErrorIs(t, err, object.ErrNotFound, name)
		_, err = store.Get(ctx, name, 5, 10)
		require.ErrorIs(t, err, object.ErrNotFound, name)
		_, _, err = store.Open(ctx, name, 0)
		require.ErrorIs(t, err, object.ErrNotFound, name)
		_, err = store.Stat(ctx, name)
		require.ErrorIs(t, err, object.ErrNotFound, name)
		require.NoError(t, store.Delete(ctx, name), name)
	}
	drain(t, store)
	_, err := store.Stat(ctx, "here/it/is")
	require.NoError(t, err)
}

func suiteBadNames(t *testing.T, store object.Store) {
	ctx := t.Context()
	for _, name := range badNames {
		require.ErrorIs(t, store.Put(ctx, name, nil), object.ErrBadName, "%q", name)
		require.ErrorIs(t, store.PutStream(ctx, name, bytes.NewReader(nil), 0), object.ErrBadName, "%q", name)
		_, err := store.Get(ctx, name, 0, -1)
		require.ErrorIs(t, err, object.ErrBadName, "%q", name)
		_, _, err = store.Open(ctx, name, 0)
		require.ErrorIs(t, err, object.ErrBadName, "%q", name)
		_, err = store.Stat(ctx, name)
		require.ErrorIs(t, err, object.ErrBadName, "%q", name)
		require.ErrorIs(t, store.Delete(ctx, name), object.ErrBadName, "%q", name)
	}
	for _, prefix := range []string{"/", "//", "a//", "../", "a/../", `a\`, "a\x00", strings.Repeat("a", 513)} {
		_, err := list(ctx, store, prefix)
		require.ErrorIs(t, err, object.ErrBadName, "%q", prefix)
	}
}

func list(ctx context.Context, store object.Store, prefix string) ([]string, error) {
	var names []string
	for info, err := range store.List(ctx, prefix) {
		if err != nil {
			return names, err
		}
		names = append(names, info.Name)
	}
	return names, nil
}

func suiteList(t *testing.T, store object.Store) {
	ctx := t.Context()
	// In order of bytes: '-' and '.' come before '/', and '/' before digits and letters.
	names := []string{"a-b/x", "a.b", "a/b", "a/b-c", "a/c/d", "a/c/e", "a0", "aa/b", "b", "c/..d/e"}
	for i, at := range rand.Perm(len(names)) {
		require.NoError(t, store.Put(ctx, names[at], make([]byte, at)))
		if i == len(names)/2 {
			drain(t, store)
		}
	}
	for _, when := range []string{"just put", "drained"} {
		for prefix, want := range map[string][]string{
			"":      names,
			"a":     names[:8],
			"a/":    names[2:6],
			"a/b":   names[2:4],
			"a/c":   names[4:6],
			"a/c/":  names[4:6],
			"a/c/e": names[5:6],
			"c/..":  names[9:],
			"c/.":   names[9:],
			"x":     nil,
			"b/":    nil,
			"a/x/y": nil,
		} {
			got, err := list(ctx, store, prefix)
			require.NoError(t, err, "%s %q", when, prefix)
			require.Equal(t, want, got, "%s %q", when, prefix)
		}
		drain(t, store)
	}
	for info, err := range store.List(ctx, "b") {
		require.NoError(t, err)
		require.EqualValues(t, 8, info.Size)
		require.WithinDuration(t, time.Now(), info.Modified, time.Minute)
	}
	for range store.List(ctx, "") {
		break // an early end is fine
	}

	require.NoError(t, store.Delete(ctx, "a/c/d"))
	require.NoError(t, store.Put(ctx, "b", make([]byte, 77)))
	for range 2 {
		got, err := list(ctx, store, "a/c")
		require.NoError(t, err)
		require.Equal(t, []string{"a/c/e"}, got)
		for info, err := range store.List(ctx, "b") {
			require.NoError(t, err)
			require.EqualValues(t, 77, info.Size)
		}
		drain(t, store)
	}
}

func suiteParent(t *testing.T, store object.Store) {
	ctx := t.Context()
	if _, ok := store.(*object.Spool); ok {
		t.Skip("a spool learns of it later")
	}
	// A folder cannot hold both, a bucket can: either is fine, as long as the error is clear and nothing is lost.
	try := func(name string) {
		if err := store.Put(ctx, name, []byte(name)); err != nil {
			require.ErrorIs(t, err, object.ErrBadName, name)
			return
		}
		got, err := store.Get(ctx, name, 0, -1)
		require.NoError(t, err, name)
		require.Equal(t, name, string(got))
	}
	require.NoError(t, store.Put(ctx, "p/a", []byte("x")))
	require.NoError(t, store.Put(ctx, "q/a/b", []byte("x")))
	try("p/a/b")
	try("p/a/b/c")
	try("q/a")
	try("q")
	for _, name := range []string{"p/a", "q/a/b"} {
		got, err := store.Get(ctx, name, 0, -1)
		require.NoError(t, err)
		require.Equal(t, "x", string(got))
	}
	require.NoError(t, store.Delete(ctx, "p/a"))
	require.NoError(t, store.Put(ctx, "p/a/b", []byte("x")))
}

func suiteConcurrent(t *testing.T, store object.Store) {
	ctx := t.Context()
	// A version is one byte repeated, as long as the byte says: a mixture of two shows.
	version := func(n byte) []byte { return bytes.Repeat([]byte{n}, 1000*int(n)) }
	require.NoError(t, store.Put(ctx, "c/shared", version(1)))

	var wg sync.WaitGroup
	for writer := range 4 {
		wg.Go(func() {
			for i := range 15 {
				body := version(byte(1 + (writer*15+i)%60))
				if err := store.Put(ctx, "c/shared", body); err != nil {
					t.Errorf("put: %v", err)
				}
				if err := store.Put(ctx, fmt.Sprintf("c/own/%d/%d", writer, i), body); err != nil {
					t.Errorf("put: %v", err)
				}
			}
		})
		wg.Go(func() {
			for range 30 {
				got, err := store.Get(ctx, "c/shared", 0, -1)
				if err != nil {
					t.Errorf("get: %v", err)
					continue
				}
				if len(got) == 0 || !bytes.Equal(got, version(got[0])) {
					t.Errorf("got a mixture: %d bytes", len(got))
				}
			}
		})
	}
	wg.Wait()
	drain(t, store)
	names, err := list(ctx, store, "c/own")
	require.NoError(t, err)
	require.Len(t, names, 60)
}

func suiteDeleteRace(t *testing.T, store object.Store) {
	ctx := t.Context()
	// Each Delete leaves a folder empty that another Put is about to use.
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			name := fmt.Sprintf("d/e/f/%d", worker)
			for range 40 {
				if err := store.Put(ctx, name, []byte("x")); err != nil {
					t.Errorf("put: %v", err)
				}
				if err := store.Delete(ctx, name); err != nil {
					t.Errorf("delete: %v", err)
				}
			}
			if err := store.Put(ctx, name, []byte("last")); err != nil {
				t.Errorf("put: %v", err)
			}
		})
	}
	wg.Wait()
	for range 2 {
		names, err := list(ctx, store, "d/")
		require.NoError(t, err)
		require.Len(t, names, 4)
		drain(t, store)
	}
}

func suiteContext(t *testing.T, store object.Store) {
	require.NoError(t, store.Put(t.Context(), "x", []byte("x")))
	drain(t, store)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := store.Get(ctx, "x", 0, -1)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, object.ErrAway)
	_, _, err = store.Open(ctx, "x", 0)
	require.ErrorIs(t, err, context.Canceled)
	_, err = store.Stat(ctx, "x")
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, store.Put(ctx, "x", nil), context.Canceled)
	require.ErrorIs(t, store.PutStream(ctx, "x", bytes.NewReader(nil), 0), context.Canceled)
	require.ErrorIs(t, store.Delete(ctx, "x"), context.Canceled)
	require.ErrorIs(t, store.Check(ctx), context.Canceled)
	_, err = list(ctx, store, "")
	require.ErrorIs(t, err, context.Canceled)

	got, err := store.Get(t.Context(), "x", 0, -1)
	require.NoError(t, err)
	require.Equal(t, "x", string(got))
}
