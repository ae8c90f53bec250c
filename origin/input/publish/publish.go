// Package publish lets encoders in, whatever protocol they push by: it checks their stream keys, knows who publishes which
// feed, and hands each publisher to the feed that reads it.
package publish
