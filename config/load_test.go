package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/config"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestLoadReadsSecretsFromFiles(t *testing.T) {
	dir := t.TempDir()
	s3 := write(t, dir, "s3", "open sesame\n")
	db := write(t, dir, "db", "postgres://podium:s3cret@db/podium\r\n")
	key := write(t, dir, "key", "twelve or more")
	token := write(t, dir, "token", "0123456789012345678901234567890123456789\n")
	path := write(t, dir, "podium.yaml", `
storage: {kind: s3, s3: {endpoint: x, bucket: abc, access_key: a, secret_key_file: `+s3+`}}
catalogue: {url_file: `+db+`}
playback: {token_secret_file: `+token+`}
feeds:
- {id: a, inputs: [{url: "rtsp://u@h/", password_file: `+s3+`}, {url: "srt://h:9", passphrase_file: `+s3+`}]}
- {id: b, input: publish, stream_key_file: `+key+`}
hooks: [{url: "https://h/", secret_file: `+token+`}]
`)
	c, err := config.Load(path, nil)
	require.NoError(t, err)
	require.Equal(t, "open sesame", c.Storage.S3.SecretKey.Reveal())
	require.Equal(t, "postgres://podium:s3cret@db/podium", c.CatalogueURL())
	require.Equal(t, "0123456789012345678901234567890123456789", c.Playback.TokenSecret.Reveal())
	require.Equal(t, "rtsp://u:open%20sesame@h/", c.Feed("a").Inputs[0].Address().String())
	require.Equal(t, "open sesame", c.Feed("a").Inputs[1].Passphrase.Reveal())
	require.Equal(t, "0123456789012345678901234567890123456789", c.Hooks[0].Secret.Reveal())
	require.Equal(t, "twelve or more", c.Feed("b").StreamKey.Reveal())
	require.NoError(t, c.Validate(), "a loaded configuration is right a second time")

	again, err := config.Load(path, []string{"PODIUM_STORAGE_S3_SECRET_KEY_FILE=" + key})
	require.NoError(t, err)
	require.Equal(t, "twelve or more", again.Storage.S3.SecretKey.Reveal())
	require.Contains(t, config.Diff(c, again).Restart, "storage.s3.secret_key")
}

func TestLoadProblems(t *testing.T) {
	dir := t.TempDir()
	empty := write(t, dir, "empty", "\n")
	short := write(t, dir, "short", "s3cret")
	path := write(t, dir, "podium.yaml", `catalogue: {url_file: `+short+`}
playback: {token_secret_file: `+short+`}
storage:
  s3: {secret_key_file: `+empty+`}
feeds:
- {id: b, input: publish, stream_key_file: `+dir+`/none}
`)
	_, err := config.Load(path, nil)
	var problems config.Problems
	require.ErrorAs(t, err, &problems)
	require.EqualError(t, err, path+`:1:23: catalogue.url_file: expected sqlite://PATH or postgres://user:password@host:5432/database in the file, got something else
`+path+`:2:31: playback.token_secret_file: expected a secret of at least 32 characters in the file, got 6
`+path+`:4:25: storage.s3.secret_key_file: expected a file with the secret in it, got "`+empty+`"
`+path+`:6:44: feeds[0].stream_key_file: expected a file that can be read: open `+dir+`/none: no such file or directory`)
}

func TestLoadWithoutAFile(t *testing.T) {
	dir := t.TempDir()
	_, err := config.Load(filepath.Join(dir, "none.yaml"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "none.yaml")
	_, err = config.Load(dir, nil)
	require.ErrorContains(t, err, "is a directory")
	big := write(t, dir, "big.yaml", "")
	require.NoError(t, os.Truncate(big, 1<<30))
	_, err = config.Load(big, nil)
	require.ErrorContains(t, err, "expected at most 1 MiB, got more")
}
