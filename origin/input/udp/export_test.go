package udp

import (
	"time"

	"golang.org/x/net/ipv4"
)

// Datagrams is what becomes of datagrams: the bytes that a demuxer is given.
func Datagrams(messages []ipv4.Message) []byte {
	r := &reader{queue: newQueue()}
	r.allocate(usual)
	r.take(messages)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.order.expire(time.Now().Add(time.Hour), r.queue.put)
	return r.queue.take(nil)
}
