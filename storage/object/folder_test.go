package object_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"podium.tv/podium/storage/object"
)

func TestFolderChecksItsFields(t *testing.T) {
	require.ErrorContains(t, (&object.Folder{}).Initialize(), "no root")
	err := (&object.Folder{Root: t.TempDir(), Sync: "often"}).Initialize()
	require.ErrorContains(t, err, `"often", expected "always" or "never"`)
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.Error(t, (&object.Folder{Root: file}).Initialize())
}

func TestFolderSyncAlways(t *testing.T) {
	f := &object.Folder{Root: filepath.Join(t.TempDir(), "made", "too"), Sync: object.SyncAlways}
	require.NoError(t, f.Initialize())
	defer f.Close()
	require.NoError(t, f.Put(t.Context(), "a/b/c", []byte("x")))
	got, err := f.Get(t.Context(), "a/b/c", 0, -1)
	require.NoError(t, err)
	require.Equal(t, "x", string(got))
}

func TestFolderLinksDoNotLeadOut(t *testing.T) {
	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600))
	f := newFolder(t)
	ctx := t.Context()
	require.NoError(t, f.Put(ctx, "dir/a", []byte("x")))
	require.NoError(t, os.Symlink(outside, filepath.Join(f.Root, "out")))
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret"), filepath.Join(f.Root, "dir", "link")))
	require.NoError(t, os.Symlink("../../../../../../../../etc/passwd", filepath.Join(f.Root, "dir", "relative")))

	for _, name := range []string{"out/secret", "dir/link", "dir/relative"} {
		_, err := f.Get(ctx, name, 0, -1)
		require.Error(t, err, name)
		_, _, err = f.Open(ctx, name, 0)
		require.Error(t, err, name)
		_, err = f.Stat(ctx, name)
		require.Error(t, err, name)
	}
	require.Error(t, f.Put(ctx, "out/new", []byte("x")))
	require.Error(t, f.Put(ctx, "out/new/new", []byte("x")))
	require.NoFileExists(t, filepath.Join(outside, "new"))
	_ = f.Delete(ctx, "out/secret")
	require.FileExists(t, filepath.Join(outside, "secret"))

	// A Put over a link replaces the link, not what it points to.
	require.NoError(t, f.Put(ctx, "dir/link", []byte("mine")))
	secret, err := os.ReadFile(filepath.Join(outside, "secret"))
	require.NoError(t, err)
	require.Equal(t, "secret", string(secret))

	names, err := list(ctx, f, "")
	require.NoError(t, err)
	require.Equal(t, []string{"dir/a", "dir/link"}, names)
}

func TestFolderIgnoresWhatIsNotOurs(t *testing.T) {
	f := newFolder(t)
	ctx := t.Context()
	require.NoError(t, f.Put(ctx, "a/b", []byte("x")))
	for _, name := range []string{"讲座.mp4", "a/with space", "a/b~", "lost+found"} {
		require.NoError(t, os.WriteFile(filepath.Join(f.Root, name), nil, 0o600))
	}
	require.NoError(t, unix.Mkfifo(filepath.Join(f.Root, "a", "fifo"), 0o600))
	names, err := list(ctx, f, "")
	require.NoError(t, err)
	require.Equal(t, []string{"a/b"}, names)
	_, err = f.Stat(ctx, "a/fifo")
	require.ErrorIs(t, err, object.ErrNotFound)
	_, err = f.Get(ctx, "a/fifo", 0, -1)
	require.ErrorIs(t, err, object.ErrNotFound)
	require.NoError(t, f.Delete(ctx, "a/fifo/below"))
	_, err = list(ctx, f, "a/fifo/")
	require.NoError(t, err)
}

func TestFolderRemovesEmptyFolders(t *testing.T) {
	f := newFolder(t)
	ctx := t.Context()
	require.NoError(t, f.Put(ctx, "a/b/c/1", nil))
	require.NoError(t, f.Put(ctx, "a/2", nil))
	require.NoError(t, f.Delete(ctx, "a/b/c/1"))
	require.NoDirExists(t, filepath.Join(f.Root, "a", "b"))
	require.DirExists(t, filepath.Join(f.Root, "a"))
	require.NoError(t, f.Delete(ctx, "a/b")) // a folder once
	require.NoError(t, f.Delete(ctx, "a/2"))
	require.NoDirExists(t, filepath.Join(f.Root, "a"))
	require.DirExists(t, f.Root)
	require.NoError(t, f.Put(ctx, "a", []byte("x"))) // and an object now
}

func TestFolderDeleteSparesFolders(t *testing.T) {
	f := newFolder(t)
	ctx := t.Context()
	require.NoError(t, f.Put(ctx, "a/b", []byte("x")))
	require.NoError(t, f.Delete(ctx, "a"))
	require.NoError(t, f.Delete(ctx, "a/b/c"))
	got, err := f.Get(ctx, "a/b", 0, -1)
	require.NoError(t, err)
	require.Equal(t, "x", string(got))
}

func TestFolderSurvivesLossOfItsTemporaryFolder(t *testing.T) {
	f := newFolder(t)
	require.NoError(t, os.RemoveAll(filepath.Join(f.Root, "+tmp")))
	require.NoError(t, f.Put(t.Context(), "a", []byte("x")))
	require.NoError(t, f.Check(t.Context()))
}

// TestFolderCrash kills a process in the middle of a write.
func TestFolderCrash(t *testing.T) {
	if root := os.Getenv("PODIUM_TEST_FOLDER"); root != "" {
		folderUntilKilled(root)
		return
	}
	root := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestFolderCrash$")
	cmd.Env = append(os.Environ(), "PODIUM_TEST_FOLDER="+root)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	require.Equal(t, "writing", lines.Text())

	// One that opens while the writer lives leaves its file alone.
	first := &object.Folder{Root: root}
	require.NoError(t, first.Initialize())
	defer first.Close()
	require.NotEmpty(t, temporaryFiles(t, root))

	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	require.NotEmpty(t, temporaryFiles(t, root))
	second := &object.Folder{Root: root}
	require.NoError(t, second.Initialize())
	defer second.Close()
	require.Empty(t, temporaryFiles(t, root))

	got, err := second.Get(t.Context(), "a", 0, -1)
	require.NoError(t, err)
	require.Equal(t, "before", string(got))
	require.NoError(t, first.Put(t.Context(), "a", []byte("after")))
}

func temporaryFiles(t *testing.T, root string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "+tmp", "*", "*"))
	require.NoError(t, err)
	return files
}

func folderUntilKilled(root string) {
	f := &object.Folder{Root: root}
	if err := f.Initialize(); err != nil {
		fmt.Println("folder:", err)
		return
	}
	if err := f.Put(context.Background(), "a", []byte("before")); err != nil {
		fmt.Println("put:", err)
		return
	}
	reader, writer := io.Pipe()
	go func() {
		_, _ = writer.Write(make([]byte, 1<<20))
		fmt.Println("writing")
		select {} // the rest never comes
	}()
	_ = f.PutStream(context.Background(), "a", reader, 2<<20)
}

// TestDiskFull fills a real file system of 1 MiB.
func TestDiskFull(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small file system")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("mount a small file system: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) })

	f := &object.Folder{Root: filepath.Join(dir, "folder")}
	require.NoError(t, f.Initialize())
	t.Run("folder", func(t *testing.T) { fillDisk(t, f, f.Root) })
	require.NoError(t, f.Close())

	remote := &faulty{Store: newFolder(t), fault: away}
	s := newSpool(t, &object.Spool{Remote: remote, Folder: filepath.Join(dir, "spool")})
	t.Run("spool", func(t *testing.T) { fillDisk(t, s, s.Folder) })
	remote.setFault(nil)
	drain(t, s)
	require.Zero(t, s.Pending().Bytes)
}

func fillDisk(t *testing.T, store object.Store, dir string) {
	ctx := t.Context()
	require.NoError(t, store.Put(ctx, "keep/me", []byte("kept")))
	var full error
	var kept []string
	for i := 0; full == nil; i++ {
		name := fmt.Sprintf("seg/%d", i)
		if full = store.Put(ctx, name, make([]byte, 100_000)); full == nil {
			kept = append(kept, name)
		}
	}
	require.ErrorIs(t, full, object.ErrFull)
	require.ErrorContains(t, full, fmt.Sprintf("seg/%d", len(kept)))
	require.GreaterOrEqual(t, len(kept), 5)
	require.ErrorIs(t, store.PutStream(ctx, "stream", bytes.NewReader(make([]byte, 500_000)), -1), object.ErrFull)
	require.ErrorIs(t, store.Put(ctx, "keep/me", make([]byte, 500_000)), object.ErrFull)

	// What was there is as it was, nothing half written is left, and room that is made can be used.
	got, err := store.Get(ctx, "keep/me", 0, -1)
	require.NoError(t, err)
	require.Equal(t, "kept", string(got))
	for _, name := range kept {
		got, err := store.Get(ctx, name, 0, -1)
		require.NoError(t, err)
		require.Len(t, got, 100_000)
	}
	require.Empty(t, temporaryFiles(t, dir))
	temps, err := filepath.Glob(filepath.Join(dir, "*.tmp"))
	require.NoError(t, err)
	require.Empty(t, temps)
	if f, ok := store.(*object.Folder); ok {
		fill := filepath.Join(filepath.Dir(f.Root), "fill")
		file, err := os.Create(fill)
		require.NoError(t, err)
		_, err = io.Copy(file, io.LimitReader(zeros{}, 1<<20))
		require.Error(t, err)
		require.NoError(t, file.Close())
		require.ErrorIs(t, f.Check(ctx), object.ErrFull)
		require.NoError(t, os.Remove(fill))
		require.NoError(t, f.Check(ctx))
	}
	require.NoError(t, store.Delete(ctx, kept[0]))
	require.NoError(t, store.Delete(ctx, kept[1]))
	require.NoError(t, store.Put(ctx, "more", make([]byte, 100_000)))
	for _, name := range append(kept, "more") {
		require.NoError(t, store.Delete(ctx, name))
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestFileSizeLimit runs into the limit that a process has on the size of its files, which needs no root.
func TestFileSizeLimit(t *testing.T) {
	if root := os.Getenv("PODIUM_TEST_LIMIT"); root != "" {
		if err := putOverLimit(root); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestFileSizeLimit$")
	cmd.Env = append(os.Environ(), "PODIUM_TEST_LIMIT="+t.TempDir())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func putOverLimit(root string) error {
	signal.Ignore(unix.SIGXFSZ)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 100_000, Max: 100_000}); err != nil {
		return err
	}
	f := &object.Folder{Root: filepath.Join(root, "folder")}
	if err := f.Initialize(); err != nil {
		return err
	}
	s := &object.Spool{Remote: f, Folder: filepath.Join(root, "spool")}
	if err := s.Initialize(); err != nil {
		return err
	}
	for _, store := range []object.Store{f, s} {
		if err := store.Put(context.Background(), "a", make([]byte, 200_000)); !errors.Is(err, object.ErrFull) {
			return fmt.Errorf("%T: got %w, expected that it is full", store, err)
		}
		if err := store.Put(context.Background(), "a", make([]byte, 50_000)); err != nil {
			return err
		}
	}
	return s.Close(context.Background())
}
