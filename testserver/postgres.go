package testserver

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	// The driver that Database connects with.
	_ "github.com/jackc/pgx/v5/stdlib"
)

// PostgresServer is a real PostgreSQL in a temporary folder, on a free loopback port, for one test and its
// subtests.
type PostgresServer struct {
	port     int
	password string
}

// Postgres starts a server and returns the URL of an empty database in it.
func Postgres(tb testing.TB) string {
	tb.Helper()
	return StartPostgres(tb).Database(tb)
}

// StartPostgres starts Debian's PostgreSQL and stops it when the test ends. Without one installed the test
// is skipped, or fails if PODIUM_TEST is "full".
func StartPostgres(tb testing.TB) *PostgresServer {
	tb.Helper()
	bin, err := postgresBin()
	if err != nil {
		if os.Getenv("PODIUM_TEST") == "full" {
			tb.Fatal(err)
		}
		tb.Skip(err)
	}
	attr, owner, err := unprivileged()
	if err != nil {
		tb.Fatalf("start postgres: %v", err)
	}
	dir, err := os.MkdirTemp("", "podium-postgres-")
	if err != nil {
		tb.Fatalf("start postgres: %v", err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Errorf("remove postgres: %v", err)
		}
	})
	s := &PostgresServer{password: rand.Text()}
	if err := s.initialise(bin, dir, attr, owner); err != nil {
		tb.Fatalf("start postgres: %v", err)
	}
	if err := s.launch(tb, bin, dir, attr); err != nil {
		tb.Fatalf("start postgres: %v", err)
	}
	return s
}

// postgresBin is the folder of the newest PostgreSQL of Debian.
func postgresBin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", errors.New("no PostgreSQL in /usr/lib/postgresql: apt-get install postgresql")
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4])
		return n
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// unprivileged is how to run PostgreSQL, which refuses to run as root: as Debian's own user for it.
func unprivileged() (*syscall.SysProcAttr, int, error) {
	// The server must not outlive a test binary that is killed.
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Geteuid() != 0 {
		return attr, os.Geteuid(), nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, 0, fmt.Errorf("as root it runs as the user postgres: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, 0, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, 0, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, int(uid), nil
}

func (s *PostgresServer) initialise(bin, dir string, attr *syscall.SysProcAttr, owner int) error {
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(s.password+"\n"), 0o600); err != nil {
		return err
	}
	for _, path := range []string{dir, password} {
		if err := os.Chown(path, owner, -1); err != nil {
			return err
		}
	}
	initdb := exec.CommandContext(context.Background(), filepath.Join(bin, "initdb"),
		"--pgdata", filepath.Join(dir, "data"), "--username", "podium", "--pwfile", password,
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attr, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// launch tries a few ports, because another program may take one between our look and the server's.
func (s *PostgresServer) launch(tb testing.TB, bin, dir string, attr *syscall.SysProcAttr) error {
	var err error
	for range 3 {
		if s.port, err = unusedPort(); err != nil {
			return err
		}
		if err = s.tryLaunch(tb, bin, dir, attr); err == nil {
			return nil
		}
	}
	return err
}

func (s *PostgresServer) tryLaunch(tb testing.TB, bin, dir string, attr *syscall.SysProcAttr) error {
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	server := exec.CommandContext(context.Background(), filepath.Join(bin, "postgres"),
		"-D", filepath.Join(dir, "data"), "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-k", "",
		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=32MB", "-c", "max_connections=100")
	server.SysProcAttr, server.Dir, server.Stdout, server.Stderr = attr, dir, log, log
	if err := server.Start(); err != nil {
		return errors.Join(err, log.Close())
	}
	ended := make(chan struct{})
	go func() {
		_ = server.Wait()
		close(ended)
	}()
	stop := func() {
		_ = server.Process.Signal(syscall.SIGINT)
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = server.Process.Kill()
			<-ended
		}
		_ = log.Close()
	}
	if err := s.await(ended); err != nil {
		stop()
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%w: %s", err, said)
	}
	tb.Cleanup(stop)
	return nil
}

func (s *PostgresServer) await(ended <-chan struct{}) error {
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	deadline := time.Now().Add(30 * time.Second)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		err := db.PingContext(ctx)
		cancel()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("it does not answer: %w", err)
		}
		select {
		case <-ended:
			return errors.New("it ended at once")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Database makes an empty database of its own and returns its URL.
func (s *PostgresServer) Database(tb testing.TB) string {
	tb.Helper()
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		tb.Fatalf("make database: %v", err)
	}
	defer db.Close()
	name := "t" + strings.ToLower(rand.Text())
	if _, err := db.ExecContext(context.Background(), `CREATE DATABASE `+name); err != nil {
		tb.Fatalf("make database: %v", err)
	}
	return s.url(name)
}

func (s *PostgresServer) url(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword("podium", s.password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

func unusedPort() (int, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	at, err := netip.ParseAddrPort(l.Addr().String())
	return int(at.Port()), errors.Join(err, l.Close())
}
