// Package access is who may do what: the accounts of editors and their sessions, the keys of encoders and
// the tokens of viewers.
package access
