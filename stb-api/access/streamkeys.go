package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"podium.tv/podium/storage/catalogue"
)

// StreamKeyStore is where the hashes of stream keys are kept; *catalogue.DB is one.
type StreamKeyStore interface {
	CreateStreamKey(ctx context.Context, k catalogue.StreamKey) error
	StreamKeys(ctx context.Context, feed string) ([]catalogue.StreamKey, error)
	RevokeStreamKey(ctx context.Context, feed, keyHash string, now time.Time) error
	RevokeStreamKeys(ctx context.Context, feed string, now time.Time) error
}

// ErrBadStreamKey says that a key does not let its bearer publish to the feed.
var ErrBadStreamKey = errors.New("stream key is not valid for this feed")

// StreamKeys are the keys with which encoders publish to feeds, one for each feed.
type StreamKeys struct {
	Store StreamKeyStore
	// Revoked is told the feed whose key ended, so that a publisher with the old key is sent away. It may be nil.
	Revoked func(feed string)
	// Log gets a line for each change. It defaults to nowhere.
	Log *slog.Logger
	// Now is the clock. It defaults to time.Now.
	Now func() time.Time

	mu     sync.Mutex
	recent map[recentKey]time.Time
}

type recentKey struct{ feed, hash string }

const (
	// maxStreamKey bounds what an encoder may send.
	maxStreamKey = 128
	// recentKeys and recentFor bound the memory of good keys: an encoder that reconnects in a loop does not
	// reach the catalogue, and a key that another server revoked is good for ten seconds more.
	recentKeys = 1024
	recentFor  = 10 * time.Second
)

// Create makes a new key of the feed, ends the one before and returns it; it is told once.
func (k *StreamKeys) Create(ctx context.Context, feed string) (key string, err error) {
	before, err := k.Store.StreamKeys(ctx, feed)
	if err != nil {
		return "", fmt.Errorf("create stream key: %w", err)
	}
	// In small letters and digits, because it is typed into encoders' panels: 130 bits.
	key = strings.ToLower(rand.Text())
	at := now(k.Now)
	if err := k.Store.CreateStreamKey(ctx, catalogue.StreamKey{KeyHash: atRest(key), Feed: feed, Created: at}); err != nil {
		return "", fmt.Errorf("create stream key: %w", err)
	}
	// Only now, so that a feed is never left without any key.
	ended := false
	for _, old := range before {
		if !old.Revoked.IsZero() {
			continue
		}
		if err := k.Store.RevokeStreamKey(ctx, feed, old.KeyHash, at); err != nil && !errors.Is(err, catalogue.ErrNotFound) {
			return "", fmt.Errorf("revoke old stream key: %w", err)
		}
		ended = true
	}
	logger(k.Log).Info("stream key created", "feed", feed)
	if ended {
		k.forget(feed)
	}
	return key, nil
}

// Revoke ends all keys of the feed.
func (k *StreamKeys) Revoke(ctx context.Context, feed string) error {
	if err := k.Store.RevokeStreamKeys(ctx, feed, now(k.Now)); err != nil {
		return fmt.Errorf("revoke stream keys: %w", err)
	}
	logger(k.Log).Info("stream keys revoked", "feed", feed)
	k.forget(feed)
	return nil
}

// CheckStreamKey says whether the key lets its bearer publish to the feed: nil, ErrBadStreamKey or the
// store's error.
func (k *StreamKeys) CheckStreamKey(ctx context.Context, feed, key string) error {
	if feed == "" || key == "" || len(key) > maxStreamKey || len(feed) > maxScope {
		return ErrBadStreamKey
	}
	hash := atRest(strings.ToLower(key))
	at := now(k.Now)
	if k.isRecent(recentKey{feed, hash}, at) {
		return nil
	}
	keys, err := k.Store.StreamKeys(ctx, feed)
	if err != nil {
		return fmt.Errorf("check stream key: %w", err)
	}
	good := 0
	for _, stored := range keys {
		if stored.Revoked.IsZero() && stored.Feed == feed {
			good |= subtle.ConstantTimeCompare([]byte(stored.KeyHash), []byte(hash))
		}
	}
	if good != 1 {
		return ErrBadStreamKey
	}
	k.remember(recentKey{feed, hash}, at)
	return nil
}

func (k *StreamKeys) isRecent(key recentKey, at time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	until, ok := k.recent[key]
	return ok && at.Before(until)
}

func (k *StreamKeys) remember(key recentKey, at time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.recent == nil || len(k.recent) >= recentKeys {
		k.recent = map[recentKey]time.Time{}
	}
	k.recent[key] = at.Add(recentFor)
}

func (k *StreamKeys) forget(feed string) {
	k.mu.Lock()
	for key := range k.recent {
		if key.feed == feed {
			delete(k.recent, key)
		}
	}
	k.mu.Unlock()
	if k.Revoked != nil {
		k.Revoked(feed)
	}
}
