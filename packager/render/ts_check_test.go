package render_test

import (
	"bytes"

	"github.com/stretchr/testify/require"
)

// checker is *testing.T, or *rapid.T, which then looks for the shortest counterexample.
type checker interface {
	require.TestingT
	Helper()
	Fatalf(format string, args ...any)
}

// tsPacket is one packet of a transport stream, read without the help of what wrote it.
type tsPacket struct {
	pid     int
	start   bool
	counter int
	payload []byte
	pcr     int64 // 90 kHz, or -1
	access  bool
}

func parsePackets(t checker, b []byte) []tsPacket {
	t.Helper()
	require.Zero(t, len(b)%188, "%d bytes are no whole packets", len(b))
	var out []tsPacket
	for at := 0; at < len(b); at += 188 {
		p := b[at : at+188]
		require.EqualValues(t, 0x47, p[0], "sync byte at %d", at)
		require.Zero(t, p[1]&0xa0, "error or priority bit at %d", at)
		require.Zero(t, p[3]&0xc0, "scrambling at %d", at)
		k := tsPacket{
			pid: int(p[1]&0x1f)<<8 | int(p[2]), start: p[1]&0x40 != 0,
			counter: int(p[3] & 15), pcr: -1,
		}
		control := p[3] >> 4 & 3
		require.NotZero(t, control, "reserved adaptation field control at %d", at)
		rest := p[4:]
		if control&2 != 0 {
			n := int(rest[0])
			if control == 2 {
				require.Equal(t, 183, n, "length of an adaptation field alone at %d", at)
			} else {
				require.LessOrEqual(t, n, 182, "length of the adaptation field at %d", at)
			}
			if n > 0 {
				field := rest[2 : 1+n]
				k.access = rest[1]&0x40 != 0
				require.Zero(t, rest[1]&^0xd0, "adaptation flags at %d", at)
				if rest[1]&0x10 != 0 {
					k.pcr = int64(field[0])<<25 | int64(field[1])<<17 | int64(field[2])<<9 | int64(field[3])<<1 | int64(field[4])>>7
					require.EqualValues(t, 0x7e, field[4]&0x7f, "PCR extension at %d", at)
					require.Zero(t, field[5])
					field = field[6:]
				}
				require.Empty(t, bytes.Trim(field, "\xff"), "stuffing at %d", at)
			}
			rest = rest[1+n:]
		}
		if control&1 != 0 {
			k.payload = rest
		}
		out = append(out, k)
	}
	return out
}

// tsPES is one PES packet put together.
type tsPES struct {
	pid      int
	pts, dts int64
	access   bool
	data     []byte
}

// tsRules checks what a decoder may rely on over a whole transport stream, and returns its PES packets by PID.
func tsRules(t checker, packets []tsPacket, clockPID int) map[int][]tsPES {
	t.Helper()
	return tsRulesLate(t, packets, clockPID, 0)
}

// tsRulesLate allows streams beside the clock's to come late by some time: the segmenter gives a track that has paused a
// second before it puts its last frame into a segment.
func tsRulesLate(t checker, packets []tsPacket, clockPID int, late int64) map[int][]tsPES {
	t.Helper()
	last := map[int]int{}
	open := map[int]*tsPES{}
	out := map[int][]tsPES{}
	pcr := int64(-1)
	closePES := func(pid int) {
		if p := open[pid]; p != nil {
			out[pid] = append(out[pid], parsePES(t, p))
			delete(open, pid)
		}
	}
	for i, k := range packets {
		before, seen := last[k.pid]
		if k.payload == nil {
			require.True(t, seen, "packet %d of pid %d: no payload before the first", i, k.pid)
			require.Equal(t, before, k.counter, "packet %d of pid %d: counter without payload", i, k.pid)
		} else {
			if seen {
				require.Equal(t, (before+1)&15, k.counter, "packet %d of pid %d: continuity", i, k.pid)
			}
			last[k.pid] = k.counter
		}
		if k.pcr >= 0 {
			require.Equal(t, clockPID, k.pid, "packet %d: PCR", i)
			if pcr >= 0 {
				d := (k.pcr - pcr) & (1<<33 - 1)
				require.Positive(t, d, "packet %d: PCR stands still", i)
				require.LessOrEqual(t, d, int64(3600), "packet %d: PCR interval", i)
			}
			pcr = k.pcr
		}
		if k.pid == 0 || k.pid == 0x1000 || k.payload == nil {
			continue
		}
		if k.start {
			closePES(k.pid)
			open[k.pid] = &tsPES{pid: k.pid, access: k.access}
		}
		require.NotNil(t, open[k.pid], "packet %d of pid %d: payload before a start", i, k.pid)
		p := open[k.pid]
		p.data = append(p.data, k.payload...)
		if k.start && pcr >= 0 {
			dts := parsePES(t, &tsPES{data: p.data, pid: -1}).dts
			lead := wrapped(dts - pcr)
			require.Less(t, lead, int64(90000), "packet %d of pid %d: DTS %d at PCR %d", i, k.pid, dts, pcr)
			least := int64(0)
			if k.pid != clockPID {
				least = -late
			}
			require.GreaterOrEqual(t, lead, least, "packet %d of pid %d: DTS %d at PCR %d", i, k.pid, dts, pcr)
		}
	}
	for pid := range last {
		closePES(pid)
	}
	return out
}

func parsePES(t checker, p *tsPES) tsPES {
	t.Helper()
	b := p.data
	require.GreaterOrEqual(t, len(b), 14)
	require.Equal(t, []byte{0, 0, 1}, b[:3])
	length := int(b[4])<<8 | int(b[5])
	if p.pid >= 0 && length > 0 {
		require.Equal(t, len(b)-6, length, "PES packet length of pid %d", p.pid)
	}
	require.EqualValues(t, 0x80, b[6])
	stamp := func(b []byte, prefix byte) int64 {
		require.Equal(t, prefix, b[0]>>4)
		require.EqualValues(t, 1, b[0]&b[2]&b[4]&1, "marker bits")
		return int64(b[0]>>1&7)<<30 | int64(b[1])<<22 | int64(b[2]>>1)<<15 | int64(b[3])<<7 | int64(b[4]>>1)
	}
	out := tsPES{pid: p.pid, access: p.access}
	switch b[7] {
	case 0x80:
		require.EqualValues(t, 5, b[8])
		out.pts = stamp(b[9:], 2)
		out.dts, out.data = out.pts, b[14:]
	case 0xc0:
		require.EqualValues(t, 10, b[8])
		out.pts, out.dts, out.data = stamp(b[9:], 3), stamp(b[14:], 1), b[19:]
	default:
		t.Fatalf("PES flags %#x", b[7])
	}
	return out
}
