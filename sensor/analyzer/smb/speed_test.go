package smb

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

func quiet() analyzer.Analyzer {
	return Spec.New(&analyzer.Conversation{Transport: analyzer.TCP, Emit: func(events.Record) {}, Confirm: func(string) {}, Weird: func(string, string) {}})
}

func replay(t testing.TB, a analyzer.Analyzer, parts []part, bytes [][]byte) {
	for i := range parts {
		if n, err := a.Feed(stream.Chunk{Dir: parts[i].d, Data: bytes[i]}); n != len(bytes[i]) || err != nil {
			t.Fatalf("message %d: consumed %d of %d: %v", i, n, len(bytes[i]), err)
		}
	}
}

func bytesOf(parts []part) (list [][]byte) {
	for _, p := range parts {
		list = append(list, []byte(p.data))
	}
	return list
}

// maxAllocs is what a file that is opened, written and closed may cost: its handle, its name twice, and two records.
const maxAllocs = 8

// Catches: an allocation a read or write, of which there are thousands a file.
func TestAllocations(t *testing.T) {
	a := quiet()
	replay(t, a, logOn(), bytesOf(logOn()))
	file := copying(60_000)
	data := bytesOf(file)
	replay(t, a, file, data)
	if got := testing.AllocsPerRun(100, func() { replay(t, a, file, data) }); got > maxAllocs {
		t.Errorf("a file costs %.0f allocations, and may cost %d", got, maxAllocs)
	}
	replay(t, a, file[:2], data[:2])
	if got := testing.AllocsPerRun(100, func() { replay(t, a, file[2:4], data[2:4]) }); got != 0 {
		t.Errorf("a write costs %.0f allocations", got)
	}
	reading := both(c(framed(read2m(on.at(40), file1, 60_000, 0))), s(framed(readAnswer2(on.at(40), strings.Repeat("x", 60_000)))))
	read := bytesOf(reading)
	replay(t, a, reading, read)
	if got := testing.AllocsPerRun(100, func() { replay(t, a, reading, read) }); got != 0 {
		t.Errorf("a read costs %.0f allocations", got)
	}
}

func BenchmarkFile(b *testing.B) {
	a := quiet()
	replay(b, a, logOn(), bytesOf(logOn()))
	file := copying(60_000)
	data := bytesOf(file)
	b.SetBytes(60_000)
	b.ReportAllocs()
	for b.Loop() {
		replay(b, a, file, data)
	}
}

func BenchmarkSession(b *testing.B) {
	parts := joined(logOn(), copying(60_000), calling())
	data := bytesOf(parts)
	b.ReportAllocs()
	for b.Loop() {
		a := quiet()
		replay(b, a, parts, data)
		a.Close()
	}
}

// FuzzFeed cuts the input into pieces of both directions, with gaps between; nothing may panic or stall, hold more than it may, or give more text
// than a record may have; and without gaps a byte at a time gives the same.
func FuzzFeed(f *testing.F) {
	for _, parts := range [][]part{joined(logOn(), copying(300), calling()), joined(logOn1(), both(c(framed(ntTransact1(64, 66512, 40, 0x10000))), c(framed(trans2Call(65)))))} {
		var client, server string
		for _, p := range parts {
			if p.d == flow.Orig {
				client += p.data
			} else {
				server += p.data
			}
		}
		f.Add([]byte(client), []byte(server), uint64(0x0123456789abcdef))
	}
	f.Add([]byte(framed(sealed+zeros(60))), []byte(framed(packed+zeros(20))), uint64(1))
	f.Fuzz(func(t *testing.T, client, server []byte, cuts uint64) {
		parts := both(c(string(client)), s(string(server)))
		if got, want := play(t, parts, 1+int(cuts%97)).dump(), play(t, parts, 1<<20).dump(); got != want {
			t.Errorf("cut:\n%s\nat once:\n%s", got, want)
		}
		p := newPlayer(t)
		rest := [2][]byte{client, server}
		for i := uint64(0); len(rest[0])+len(rest[1]) > 0 && p.off == nil; i++ {
			turn := cuts>>(i%61) ^ i
			d := flow.Dir(turn & 1)
			n := min(len(rest[d]), int(turn>>1%300)+1)
			if turn%13 == 5 {
				p.miss(d, n)
			} else if n > 0 {
				p.give(d, string(rest[d][:n]))
			}
			rest[d] = rest[d][n:]
		}
		for _, r := range p.close().records {
			if m, ok := r.(*events.SMBFiles); ok && (len(m.Name) > maxText || len(m.Path) > maxText || len(m.PrevName) > maxText) {
				t.Errorf("%d, %d and %d bytes", len(m.Name), len(m.Path), len(m.PrevName))
			}
		}
	})
}
