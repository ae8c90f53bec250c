// Package timeline keeps the append-only record of what was put out: its ledger, its index in the object
// store, and the views that playlists are made from.
package timeline
