// Package guard decides which addresses an input may connect to, so that a stream's address cannot be
// used to reach the machine's own services.
package guard
