package access_test

import (
	"bytes"
	"log/slog"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/access"
	"podium.tv/podium/storage/catalogue"
)

// clock is a time that tests move on.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// rig is the whole of access over a real catalogue, with a clock of its own.
type rig struct {
	clock    *clock
	store    *catalogue.DB
	accounts *access.Accounts
	sessions *access.Sessions
	setup    *access.Setup
	keys     *access.StreamKeys
	log      *bytes.Buffer
}

const goodPassword = "three ginkgo trees"

var (
	home    = netip.MustParseAddr("192.0.2.1")
	strange = netip.MustParseAddr("198.51.100.9")
)

func newRig(t *testing.T) *rig {
	t.Helper()
	store, err := catalogue.Open(t.Context(), catalogue.Options{URL: "sqlite://" + filepath.Join(t.TempDir(), "podium.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	r := &rig{clock: &clock{at: noon}, store: store, log: &bytes.Buffer{}}
	log := slog.New(slog.NewJSONHandler(r.log, nil))
	r.accounts = &access.Accounts{Store: store, Hasher: light(), Log: log, Now: r.clock.now}
	r.sessions = &access.Sessions{
		Accounts: r.accounts, Store: store, Throttle: &access.Throttle{Now: r.clock.now},
		Secrets: [][]byte{secret(1)}, Log: log, Now: r.clock.now,
	}
	r.setup = &access.Setup{Store: store, Accounts: r.accounts, Log: log, Now: r.clock.now}
	r.keys = &access.StreamKeys{Store: store, Log: log, Now: r.clock.now}
	return r
}

// member makes an account.
func (r *rig) member(t *testing.T, name string, role access.Role) {
	t.Helper()
	require.NoError(t, r.accounts.Create(t.Context(), name, goodPassword, role, false))
}
