package ssh

import (
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

func session() []part {
	s := suites[0]
	return join(handshake(s.cipher, s.mac, s.compression), turns(s.framing(), service, service, none, failure, password, success, 60))
}

func play(t testing.TB, parts [][]byte, dirs []flow.Dir) {
	a := Spec.New(&analyzer.Conversation{Emit: func(events.Record) {}, Confirm: func(string) {}, Weird: func(string, string) {}})
	for i, b := range parts {
		if n, err := a.Feed(stream.Chunk{Dir: dirs[i], Data: b}); n != len(b) {
			t.Fatalf("consumed %d of %d: %v", n, len(b), err)
		}
	}
	a.Close()
}

func chunks(parts []part) (data [][]byte, dirs []flow.Dir) {
	for _, p := range parts {
		data, dirs = append(data, []byte(p.data)), append(dirs, p.d)
	}
	return data, dirs
}

// A session may cost its record, its strings and one copy of a KEXINIT, and nothing a packet.
func TestAllocations(t *testing.T) {
	data, dirs := chunks(session())
	if got := testing.AllocsPerRun(100, func() { play(t, data, dirs) }); got > 24 {
		t.Errorf("a session costs %.0f allocations", got)
	}
}

func TestEncryptedAllocations(t *testing.T) {
	parts := session()
	data, dirs := chunks(parts[:len(parts)-3]) // up to the first failure
	a := Spec.New(&analyzer.Conversation{Emit: func(events.Record) {}, Confirm: func(string) {}, Weird: func(string, string) {}})
	for i, b := range data {
		_, _ = a.Feed(stream.Chunk{Dir: dirs[i], Data: b})
	}
	segment := make([]byte, 64)
	if got := testing.AllocsPerRun(100, func() { _, _ = a.Feed(stream.Chunk{Dir: flow.Orig, Data: segment}) }); got != 0 {
		t.Errorf("an encrypted packet costs %.0f allocations", got)
	}
}

func BenchmarkSession(b *testing.B) {
	data, dirs := chunks(session())
	b.ReportAllocs()
	for b.Loop() {
		play(b, data, dirs)
	}
}

// FuzzFeed cuts the input into pieces of both directions with gaps between; nothing may panic, stall or emit twice.
func FuzzFeed(f *testing.F) {
	var both string
	for _, p := range session() {
		both += p.data
	}
	f.Add([]byte(both), uint64(0x0123456789))
	f.Add([]byte("SSH-2.0-x\r\nSSH-1.5-y\r\n"), uint64(0x88888))
	f.Fuzz(func(t *testing.T, b []byte, cuts uint64) {
		parts := handshake("aes128-gcm@openssh.com", "hmac-sha1", "none")
		if cuts&1 == 0 {
			parts = nil
		}
		for i := uint64(0); len(b) > 0; i++ {
			turn := cuts >> (i % 61)
			n := min(len(b), int(turn%97)+1)
			p := part{d: flow.Dir(turn >> 3 & 1), data: string(b[:n])}
			if turn%31 == 7 {
				p.gap = n
			}
			parts, b = append(parts, p), b[n:]
		}
		recs, _ := run(t, parts, 1<<20)
		if len(recs) > 1 {
			t.Fatalf("%d records", len(recs))
		}
	})
}
