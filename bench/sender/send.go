package sender

import (
	"context"
	"fmt"
	"net"
	"sort"
	"time"

	"golang.org/x/net/ipv4"
)

// beat is how often what is due is sent: several datagrams to each address at once, as an encoder sends a picture.
const beat = 20 * time.Millisecond

// target is one address and how far its stream is.
type target struct {
	address net.Addr
	ahead   time.Duration // of the first one's
	round   int           // the repetition it is in
	next    int           // the datagram that it gets next
}

// Send sends the stream to all addresses until ctx is done.
func (s *Stream) Send(ctx context.Context, addresses []string) error {
	conn, err := new(net.ListenConfig).ListenPacket(ctx, "udp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer conn.Close()
	all := make([]target, len(addresses))
	for i, address := range addresses {
		to, err := net.ResolveUDPAddr("udp4", address)
		if err != nil {
			return err
		}
		ahead := s.lasts * time.Duration(i) / time.Duration(len(addresses))
		all[i] = target{address: to, ahead: ahead, next: sort.Search(len(s.due), func(n int) bool { return s.due[n] >= ahead })}
	}
	out := ipv4.NewPacketConn(conn)
	rounds := map[int][]byte{}
	batch := make([]ipv4.Message, 0, 64)
	began := time.Now()
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		elapsed := time.Since(began)
		for i := range all {
			if batch, err = s.advance(&all[i], elapsed, rounds, out, batch[:0]); err != nil {
				return err
			}
		}
		forget(rounds, all)
	}
}

// advance sends a target what is due.
func (s *Stream) advance(
	t *target, elapsed time.Duration, rounds map[int][]byte, out *ipv4.PacketConn, batch []ipv4.Message,
) ([]ipv4.Message, error) {
	for {
		if t.next == len(s.due) {
			t.round, t.next = t.round+1, 0
		}
		if s.due[t.next]+time.Duration(t.round)*s.lasts > elapsed+t.ahead {
			break
		}
		round := rounds[t.round]
		if round == nil {
			round = s.repetition(make([]byte, 0, len(s.bytes)), t.round)
			rounds[t.round] = round
		}
		at := t.next * datagram
		batch = append(batch, ipv4.Message{Buffers: [][]byte{round[at:min(at+datagram, len(round))]}, Addr: t.address})
		t.next++
	}
	for rest := batch; len(rest) > 0; {
		n, err := out.WriteBatch(rest, 0)
		if err != nil {
			return batch, fmt.Errorf("send to %s: %w", t.address, err)
		}
		rest = rest[n:]
	}
	return batch, nil
}

// forget lets go of repetitions that no target is in any more.
func forget(rounds map[int][]byte, all []target) {
	least := all[0].round
	for i := range all {
		least = min(least, all[i].round)
	}
	delete(rounds, least-1)
}
