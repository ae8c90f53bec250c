// Package ops is what operators and their machines see of the server, and what every request passes on its
// way in: health, readiness, metrics, the request log and the bounds.
package ops
