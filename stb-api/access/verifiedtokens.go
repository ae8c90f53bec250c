package access

import (
	"strings"
	"sync"
)

// The cache of verified tokens holds up to verifiedShards times verifiedPerShard of them, about 8 MB, which
// is as many boxes as one machine serves.
const (
	verifiedShards   = 16
	verifiedPerShard = 4096
)

// verifiedTokens remembers which tokens were found good for which scope, with their expiry. Only tokens
// with a good signature get in, so that nobody can fill it with rubbish.
type verifiedTokens struct {
	shards [verifiedShards]verifiedShard
}

type verifiedShard struct {
	mu     sync.RWMutex
	tokens map[verifiedKey]verifiedUntil
}

// verifiedUntil is when a token ends: at an instant, or with its scope's generation.
type verifiedUntil struct {
	expires    int64
	generation uint32
}

type verifiedKey struct {
	token [TokenLength]byte
	scope string
}

// shard picks by the last character, which belongs to the signature and so is evenly spread.
func (v *verifiedTokens) shard(token string) *verifiedShard {
	return &v.shards[token[TokenLength-1]%verifiedShards]
}

func (v *verifiedTokens) get(token, scope string, generation uint32) (expires int64, ok bool) {
	key := verifiedKey{token: [TokenLength]byte([]byte(token)), scope: scope}
	shard := v.shard(token)
	shard.mu.RLock()
	until, ok := shard.tokens[key]
	shard.mu.RUnlock()
	return until.expires, ok && until.generation == generation
}

func (v *verifiedTokens) put(token, scope string, until verifiedUntil, now int64) {
	// The scope is a piece of a request's address: a copy does not keep the whole of it alive.
	key := verifiedKey{token: [TokenLength]byte([]byte(token)), scope: strings.Clone(scope)}
	shard := v.shard(token)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if shard.tokens == nil {
		shard.tokens = map[verifiedKey]verifiedUntil{}
	}
	if len(shard.tokens) >= verifiedPerShard {
		shard.shrink(now)
	}
	shard.tokens[key] = until
}

// shrink forgets what has expired among a sixteenth of the shard, or some of the rest: to lose one costs a
// signature, and to look at all of them would hold up other viewers.
func (s *verifiedShard) shrink(now int64) {
	looked := 0
	for key, until := range s.tokens {
		looked++
		if until.expires <= now || looked > verifiedPerShard/32 {
			delete(s.tokens, key)
		}
		if looked >= verifiedPerShard/16 {
			break
		}
	}
}
