package catalogue_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/storage/catalogue"
)

// driver opens the database behind the catalogue's back.
func driver(t *testing.T, url string) *sql.DB {
	t.Helper()
	name, source := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite://"); ok {
		name, source = "sqlite", path
	}
	db, err := sql.Open(name, source)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func testTooNew(t *testing.T, url string) {
	db, err := catalogue.Open(t.Context(), catalogue.Options{URL: url})
	require.NoError(t, err)
	require.NoError(t, db.Close())
	_, err = driver(t, url).ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, TRUE)`)
	require.NoError(t, err)
	_, err = catalogue.Open(t.Context(), catalogue.Options{URL: url})
	require.ErrorIs(t, err, catalogue.ErrTooNew)
	require.ErrorContains(t, err, "version 99")
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "notes.db")
	require.NoError(t, os.WriteFile(junk, []byte(strings.Repeat("这不是数据库。", 500)), 0o600))
	foreign := filepath.Join(dir, "foreign.db")
	_, err := driver(t, "sqlite://"+foreign).ExecContext(t.Context(), `CREATE TABLE songs (name TEXT)`)
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))

	for name, test := range map[string]struct{ url, says string }{
		"no scheme":           {dir, "must begin with sqlite:// or postgres://"},
		"unknown scheme":      {"mysql://x", `unknown scheme "mysql"`},
		"no file":             {"sqlite://", "names no file"},
		"a folder":            {"sqlite://" + dir + "/folder", "folder"},
		"not a database":      {"sqlite://" + junk, junk + ": the file is not an SQLite database"},
		"another's database":  {"sqlite://" + foreign, foreign + ": the file is another program's database"},
		"no server":           {"postgres://podium:geheim@127.0.0.1:1/podium?sslmode=disable", "127.0.0.1:1"},
		"not a postgres url":  {"postgres://podium:geheim@127.0.0.1:port/podium", "open catalogue"},
		"parent is no folder": {"sqlite://" + junk + "/x.db", "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := catalogue.Open(t.Context(), catalogue.Options{URL: test.url})
			require.ErrorContains(t, err, test.says)
			require.NotContains(t, err.Error(), "geheim")
		})
	}
	kept, err := os.ReadFile(junk)
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("这不是数据库。", 500), string(kept), "a refused file is not touched")
}

func TestOpenOddNames(t *testing.T) {
	dir := t.TempDir()
	for url, file := range map[string]string{
		"sqlite://" + dir + "/数据/节目 单.db":    dir + "/数据/节目 单.db",
		"sqlite://" + dir + "/a%20b%3F#c.db": dir + "/a b?#c.db",
	} {
		db := open(t, url)
		require.NoError(t, db.PutChannels(t.Context(), edu(1)))
		require.Equal(t, "sqlite://"+file, db.String())
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it holds password hashes")
	}
}
