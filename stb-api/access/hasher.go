package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"
)

// ErrBusy says that too many passwords are being checked at once.
var ErrBusy = errors.New("too many sign-ins at once")

// Hasher turns passwords into argon2id hashes (RFC 9106) and checks them. It works on few at a time and
// lets few wait, so that sign-ins cannot use up the memory. The zero value is ready; its fields are not
// changed once it is used.
type Hasher struct {
	// Memory is what one hash takes, in KiB. It defaults to 32 MiB.
	Memory uint32
	// Passes over the memory default to 3.
	Passes uint32
	// Parallel bounds the hashes made at once. It defaults to 2.
	Parallel int
	// Queue bounds those that wait for their turn. It defaults to 16.
	Queue int
	// Wait bounds how long one waits for its turn. It defaults to 3 s.
	Wait time.Duration

	once    sync.Once
	working chan struct{}
	waiting chan struct{}
	decoyed sync.Once
	decoy   string
}

const (
	saltBytes = 16
	hashBytes = 32
	// A stored hash may ask for no more than these, so that a changed row cannot stop the server.
	maxMemory = 256 << 10 // KiB
	maxPasses = 10
	// minMemory is the least that argon2 takes per lane.
	minMemory = 8
)

func (h *Hasher) start() {
	h.once.Do(func() {
		h.working = make(chan struct{}, orDefault(h.Parallel, 2))
		h.waiting = make(chan struct{}, orDefault(h.Queue, 16)+cap(h.working))
	})
}

// Hash returns the hash of a password with its parameters and salt, in the PHC form
// "$argon2id$v=19$m=32768,t=3,p=1$salt$hash".
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("make salt: %w", err)
	}
	memory, passes := orDefault(h.Memory, 32<<10), orDefault(h.Passes, 3)
	sum := argon2.IDKey([]byte(normalise(password)), salt, passes, memory, 1, hashBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, memory, passes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum)), nil
}

// Matches says whether the password is the one of the hash. The error is ErrBusy, the context's, or that
// the hash cannot be read.
func (h *Hasher) Matches(ctx context.Context, password, hash string) (bool, error) {
	stored, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	done, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	sum := argon2.IDKey([]byte(normalise(password)), stored.salt, stored.passes, stored.memory, stored.lanes, uint32(len(stored.sum)))
	return subtle.ConstantTimeCompare(sum, stored.sum) == 1, nil
}

// Stale says that a hash was made with weaker parameters than new ones are.
func (h *Hasher) Stale(hash string) bool {
	stored, err := parseHash(hash)
	return err != nil || stored.memory < orDefault(h.Memory, 32<<10) || stored.passes < orDefault(h.Passes, 3)
}

// Waste takes as long as a check does, so that an answer does not tell which accounts there are.
func (h *Hasher) Waste(ctx context.Context, password string) error {
	h.decoyed.Do(func() {
		h.decoy = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, orDefault(h.Memory, 32<<10), orDefault(h.Passes, 3),
			base64.RawStdEncoding.EncodeToString(make([]byte, saltBytes)), base64.RawStdEncoding.EncodeToString(make([]byte, hashBytes)))
	})
	_, err := h.Matches(ctx, password, h.decoy)
	return err
}

// turn waits for a place among those that work.
func (h *Hasher) turn(ctx context.Context) (done func(), err error) {
	h.start()
	select {
	case h.waiting <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	timer := time.NewTimer(orDefault(h.Wait, 3*time.Second))
	defer timer.Stop()
	select {
	case h.working <- struct{}{}:
		return func() { <-h.working; <-h.waiting }, nil
	case <-timer.C:
		<-h.waiting
		return nil, ErrBusy
	case <-ctx.Done():
		<-h.waiting
		return nil, ctx.Err()
	}
}

type storedHash struct {
	memory, passes uint32
	lanes          uint8
	salt, sum      []byte
}

// parseHash reads the PHC form, within bounds.
func parseHash(hash string) (stored storedHash, err error) {
	bad := func(what string) (storedHash, error) {
		return storedHash{}, fmt.Errorf("password hash: bad %s, expected $argon2id$v=19$m=,t=,p=$salt$hash", what)
	}
	parts := strings.Split(hash, "$")
	if len(hash) > 512 || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return bad("form")
	}
	if parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return bad("version")
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &stored.memory, &stored.passes, &stored.lanes); err != nil || n != 3 ||
		parts[3] != fmt.Sprintf("m=%d,t=%d,p=%d", stored.memory, stored.passes, stored.lanes) {
		return bad("parameters")
	}
	if stored.memory < minMemory || stored.memory > maxMemory || stored.passes < 1 || stored.passes > maxPasses ||
		stored.lanes < 1 || stored.lanes > 16 {
		return bad("parameters")
	}
	if stored.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(stored.salt) < 8 {
		return bad("salt")
	}
	if stored.sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(stored.sum) < 16 {
		return bad("hash")
	}
	return stored, nil
}

// orDefault is the value, or the default where it is zero or less.
func orDefault[T int | uint32 | int64 | time.Duration](value, byDefault T) T {
	if value > 0 {
		return value
	}
	return byDefault
}
