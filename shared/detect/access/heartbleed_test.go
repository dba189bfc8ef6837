package access

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// beat is a handshake with one heartbeat and its answer.
func heartbleedBeat(at time.Duration, change func(*events.SSL)) *events.SSL {
	s := &events.SSL{
		Head: head(at, attacker, server, 443), Version: "TLSv10", Cipher: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", Established: true,
		HeartbeatRequests: 1, HeartbeatAnswers: 1, HeartbeatBy: "client", HeartbeatLeast: 80,
	}
	change(s)
	return s
}

func TestHeartbleed(t *testing.T) {
	cases := []struct {
		name   string
		change func(*events.SSL)
		found  bool
		leaked bool
		by     string
	}{
		{"claims too much, unanswered", func(s *events.SSL) { s.HeartbeatOver, s.HeartbeatAnswers = 16384, 0 }, true, false, attacker},
		{"claims one byte too much", func(s *events.SSL) { s.HeartbeatOver = 1 }, true, false, attacker},
		{"memory came back", func(s *events.SSL) { s.HeartbeatOver, s.HeartbeatExcess = 16384, 16384 }, true, true, attacker},
		{"encrypted, at the excess", func(s *events.SSL) { s.HeartbeatSealed, s.HeartbeatExcess = true, 64 }, true, true, attacker},
		{"encrypted and too short", func(s *events.SSL) { s.HeartbeatSealed, s.HeartbeatLeast = true, 32 }, true, false, attacker},
		{"by the server", func(s *events.SSL) { s.HeartbeatBy, s.HeartbeatExcess = "server", 9000 }, true, true, server},
		// The innocent twins.
		{"honest", func(*events.SSL) {}, false, false, ""},
		{"encrypted, just below", func(s *events.SSL) { s.HeartbeatSealed, s.HeartbeatExcess = true, 63 }, false, false, ""},
		{"encrypted, as short as honest ones get", func(s *events.SSL) { s.HeartbeatSealed, s.HeartbeatLeast = true, 48 }, false, false, ""},
		{"none", func(s *events.SSL) { s.HeartbeatRequests = 0 }, false, false, ""},
	}
	for _, c := range cases {
		found := judge(NewHeartbleed(HeartbleedDefaults()), []events.Record{heartbleedBeat(0, c.change)})
		if len(found) == 1 != c.found {
			t.Errorf("%s: %+v", c.name, found)
			continue
		}
		if c.found && (found[0].Properties["leaked"] != c.leaked || found[0].Offenders[0].Addr.String() != c.by) {
			t.Errorf("%s: %+v", c.name, found[0])
		}
	}
}

// Catches: one detection a conversation, and a leak that is swallowed because the attempt was told.
func TestHeartbleedOnce(t *testing.T) {
	d := NewHeartbleed(HeartbleedDefaults())
	attempt := func(s *events.SSL) { s.HeartbeatOver = 100 }
	found := judge(d, []events.Record{
		heartbleedBeat(0, attempt), heartbleedBeat(time.Second, attempt), heartbleedBeat(2*time.Second, func(s *events.SSL) { s.HeartbeatExcess = 5000 }),
		heartbleedBeat(3*time.Second, attempt),
	})
	if len(found) != 2 || found[0].Key != found[1].Key || found[1].Properties["leaked"] != true || found[1].Properties["conversations"] != 3 {
		t.Errorf("%+v", found)
	}
	last := d.Close(device.View{})
	if len(last) != 1 || !last[0].Final || last[0].Properties["conversations"] != 4 {
		t.Errorf("%+v", last)
	}
}

// Catches: a least length that honest heartbeats of a cipher stay below.
func TestLeastHeartbeat(t *testing.T) {
	for _, c := range []struct {
		version, cipher string
		want            uint32
	}{
		{"TLSv10", "TLS_RSA_WITH_AES_128_CBC_SHA", 48}, {"TLSv12", "TLS_RSA_WITH_AES_128_CBC_SHA", 64}, {"TLSv12", "TLS_RSA_WITH_AES_128_CBC_SHA256", 80},
		{"TLSv12", "TLS_RSA_WITH_AES_128_GCM_SHA256", 35}, {"TLSv10", "TLS_RSA_WITH_RC4_128_SHA", 35}, {"", "", 35},
	} {
		if got := heartbleedLeast(c.version, c.cipher); got != c.want {
			t.Errorf("%s %s: %d, want %d", c.version, c.cipher, got, c.want)
		}
	}
}

var _ detect.Closer = (*Bleeding)(nil)
