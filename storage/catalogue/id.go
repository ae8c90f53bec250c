package catalogue

import "crypto/rand"

// newID is an identifier nobody can guess: 26 characters, 130 bits.
func newID() string { return rand.Text() }
