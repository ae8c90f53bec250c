package feed

// Demand tells whether a feed is wanted, for one that is fetched only while somebody watches.
type Demand interface {
	// Wanted says whether somebody watches now, or did a moment ago.
	Wanted() bool
	// Changed is closed when Wanted may say something else than it did before Changed was called.
	Changed() <-chan struct{}
}
