package object_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/storage/object"
)

// awayStore is a store that nobody reaches.
type awayStore struct{ object.Store }

func (awayStore) Get(context.Context, string, int64, int64) ([]byte, error) {
	return nil, object.ErrAway
}

func (awayStore) Put(context.Context, string, []byte) error { return object.ErrAway }

func openFolder(t *testing.T, root string) *object.Folder {
	t.Helper()
	f := &object.Folder{Root: root}
	require.NoError(t, f.Initialize())
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

func TestKeepAnswersWhileTheStoreIsAway(t *testing.T) {
	ctx := t.Context()
	remote, local := openFolder(t, t.TempDir()), openFolder(t, t.TempDir())
	k := &object.Keep{Store: remote, Local: local, Prefix: "inits/"}
	require.NoError(t, k.Initialize(ctx))
	require.NoError(t, k.Put(ctx, "inits/a.json", []byte("parameters")))
	require.NoError(t, k.Put(ctx, "media/1.cmaf", []byte("media")))
	require.NoError(t, remote.Put(ctx, "inits/b.json", []byte("of another machine")))
	require.NoError(t, remote.Put(ctx, "inits/c.json", []byte("in part")))
	for name, length := range map[string]int64{"inits/b.json": 1 << 20, "inits/c.json": 3} {
		_, err := k.Get(ctx, name, 0, length)
		require.NoError(t, err)
	}

	away := &object.Keep{Store: awayStore{remote}, Local: local, Prefix: "inits/"}
	require.NoError(t, away.Initialize(ctx))
	for name, want := range map[string]string{"inits/a.json": "parameters", "inits/b.json": "of another machine"} {
		got, err := away.Get(ctx, name, 0, -1)
		require.NoError(t, err, name)
		require.Equal(t, want, string(got))
	}
	for _, name := range []string{"media/1.cmaf", "inits/c.json"} { // Neither kept, nor read whole.
		_, err := away.Get(ctx, name, 0, -1)
		require.ErrorIs(t, err, object.ErrAway, name)
	}
	require.ErrorIs(t, away.Put(ctx, "inits/d.json", []byte("new")), object.ErrAway, "a copy is not yet the object")
	got, err := away.Get(ctx, "inits/d.json", 0, -1)
	require.NoError(t, err)
	require.Equal(t, "new", string(got))
	require.NoError(t, k.Delete(ctx, "inits/a.json"))
	_, err = k.Get(ctx, "inits/a.json", 0, -1)
	require.ErrorIs(t, err, object.ErrNotFound)
}

func TestKeepIsBounded(t *testing.T) {
	ctx := t.Context()
	remote, local := openFolder(t, t.TempDir()), openFolder(t, t.TempDir())
	k := &object.Keep{Store: remote, Local: local, Prefix: "inits/", Limit: 3}
	require.NoError(t, k.Initialize(ctx))
	for i := range 5 {
		require.NoError(t, k.Put(ctx, fmt.Sprintf("inits/%d.json", i), []byte("x")))
		require.NoError(t, k.Put(ctx, fmt.Sprintf("inits/%d.json", i), []byte("x")))
	}
	require.NoError(t, k.Put(ctx, "inits/large.json", make([]byte, 1<<20)))
	kept := 0
	for _, err := range local.List(ctx, "") {
		require.NoError(t, err)
		kept++
	}
	require.Equal(t, 3, kept)
}
