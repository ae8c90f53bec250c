package render_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/packager/render"
)

func TestEncryptReadByOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	key, iv := render.Key([]byte("0123456789abcdef")), render.NumberIV(0x1234)
	require.Equal(t, "00000000000000000000000000001234", hex.EncodeToString(iv[:]))
	for _, size := range []int{0, 1, 15, 16, 17, 188 * 100} {
		body := bytes.Repeat([]byte{'x'}, size)
		out, err := render.Encrypt([]byte("head"), body, key, iv)
		require.NoError(t, err)
		require.Equal(t, "head", string(out[:4]))
		out = out[4:]
		require.Len(t, out, render.EncryptedSize(size))
		cmd := exec.Command(openssl, "enc", "-d", "-aes-128-cbc", "-K", hex.EncodeToString(key[:]), "-iv", hex.EncodeToString(iv[:]))
		cmd.Stdin = bytes.NewReader(out)
		plain, err := cmd.Output()
		require.NoError(t, err, "%d bytes", size)
		require.Equal(t, string(body), string(plain))
	}
}

func TestEncryptInPlace(t *testing.T) {
	key, iv := render.Key{1}, render.IV{2}
	body := append(make([]byte, 0, 64), "what is encrypted where it is"...)
	want, err := render.Encrypt(nil, body, key, iv)
	require.NoError(t, err)
	require.Equal(t, len(want), cap(want), "no spare capacity")
	got, err := render.Encrypt(body[:0], body, key, iv)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Same(t, &body[0], &got[0])
}

func BenchmarkEncrypt(b *testing.B) {
	body, dst := make([]byte, 1<<20), make([]byte, 0, 2<<20)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		_, err := render.Encrypt(dst, body, render.Key{1}, render.IV{2})
		require.NoError(b, err)
	}
}

// TestEncryptedPlaylistReadByFFmpeg plays MPEG-TS from a playlist with a key and numbers for vectors.
func TestEncryptedPlaylistReadByFFmpeg(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	c, dir := readClip(t, "h264-aac.ts"), t.TempDir()
	key := render.Key([]byte("0123456789abcdef"))
	save(t, dir, "key", key[:])
	list := "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:3\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-KEY:METHOD=AES-128,URI=\"key\"\n"
	for n, b := range renderAll(t, c) {
		out, err := render.Encrypt(nil, b, key, render.NumberIV(uint64(7+n)))
		require.NoError(t, err)
		save(t, dir, fmt.Sprintf("%d.ts", n), out)
		list += fmt.Sprintf("#EXTINF:2,\n%d.ts\n", n)
	}
	file := save(t, dir, "index.m3u8", []byte(list+"#EXT-X-ENDLIST\n"))
	out, err := exec.Command(ffmpeg, "-nostdin", "-v", "warning", "-xerror", "-allowed_extensions", "ALL", "-i", file, "-map", "0", "-f", "null", "-").CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Empty(t, string(out))
}
