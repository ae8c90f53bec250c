// Package testserver starts the real servers that tests run against.
package testserver
