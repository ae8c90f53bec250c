package ops

import (
	"crypto/rand"
	"strconv"
	"sync/atomic"
)

// requestIDs numbers requests: eight random characters for the process and a count. It is told to people
// who report an error and is in the log beside it; it is no secret.
type requestIDs struct {
	prefix string
	count  atomic.Uint64
}

func newRequestIDs() *requestIDs { return &requestIDs{prefix: rand.Text()[:8] + "-"} }

func (r *requestIDs) next() string {
	return r.prefix + strconv.FormatUint(r.count.Add(1), 36)
}
