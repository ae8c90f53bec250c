package station

import (
	"os"
	"runtime/debug"
)

// heapGrowth is by how many percent the heap may grow between two collections. By far the most of it is segments, which
// the collector need not look into, so that collecting often costs nothing that could be measured, while Go's default of
// 100 doubles the memory of the hot cache.
const heapGrowth = 25

// KeepHeapSmall has the process collect garbage more often than Go does by itself, unless the operator has said how often (GOGC).
func KeepHeapSmall() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
}
