package access

import (
	"fmt"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func session(at time.Duration, orig, resp string, attempts int, success bool) events.Record {
	return &events.SSH{Head: head(at, orig, resp, 902), AuthAttempts: uint32(attempts), AuthSuccess: &success}
}

func short(at time.Duration) events.Record {
	return &events.Conn{Head: head(at, attacker, server, 22), Service: "ssh", IPProto: 6, OrigBytes: 2000, RespBytes: 2500, Duration: events.Interval(3 * time.Second), ConnState: "SF"}
}

func TestSSHBruteForce(t *testing.T) {
	fail := func(n, attempts int) []events.Record {
		return many(n, func(i int) events.Record {
			return session(time.Duration(i)*time.Second, attacker, server, attempts, false)
		})
	}
	cases := []struct {
		name    string
		records []events.Record
		alerts  int
		success bool
	}{
		{"below", fail(9, 1), 0, false},
		{"at", fail(10, 1), 1, false},
		{"once only", fail(99, 1), 1, false},
		{"next order", fail(100, 1), 2, false},
		{"several a session", fail(4, 3), 1, false},
		{"then it worked", append(fail(20, 1), session(time.Minute, attacker, server, 1, true), session(2*time.Minute, attacker, server, 1, true)), 2, true},
		{"the record of the one that worked comes first", append([]events.Record{session(time.Minute, attacker, server, 1, true)}, fail(20, 1)...), 1, true},
		{"it worked before the failures", append([]events.Record{session(0, attacker, server, 1, true)}, many(20, func(i int) events.Record {
			return session(time.Duration(i+1)*time.Second, attacker, server, 1, false)
		})...), 1, false},
		{"short sessions of which no more is known", many(30, func(i int) events.Record { return short(time.Duration(i) * time.Second) }), 1, false},
		{"one password at many hosts", many(10, func(i int) events.Record {
			return session(time.Duration(i)*time.Second, attacker, fmt.Sprintf("10.0.1.%d", i), 1, false)
		}), 1, false},
		// The innocent twins.
		{"a forgotten password", append(fail(3, 3), session(time.Minute, attacker, server, 2, true)), 0, false},
		{"an agent with many keys", many(100, func(i int) events.Record {
			return session(time.Duration(i)*time.Second, attacker, server, 5, true)
		}), 0, false},
		{"a job with an old key", many(200, func(i int) events.Record {
			return session(time.Duration(i)*2*time.Hour, attacker, server, 1, false)
		}), 0, false},
		{"automation in short sessions", append([]events.Record{session(0, attacker, server, 1, true)}, many(300, func(i int) events.Record {
			return short(time.Duration(i) * time.Second)
		})...), 0, false},
		{"two long sessions", fail(2, 500), 0, false},
	}
	for _, c := range cases {
		found := judge(NewSSHBruteForce(SSHBruteForceDefaults()), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, len(found), c.alerts)
			continue
		}
		if c.alerts == 0 {
			continue
		}
		f := found[len(found)-1]
		if f.Offenders[0].Addr.String() != attacker || (len(f.Terms) == 1) != c.success || f.Properties["success"] == true != c.success {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

func TestSSHBruteForceMemoryIsBounded(t *testing.T) {
	tune := SSHBruteForceDefaults()
	tune.Pairs = 10
	s := NewSSHBruteForce(tune)
	judge(s, many(1000, func(i int) events.Record {
		return session(0, fmt.Sprintf("10.%d.0.%d", i/200, i%200), server, 1, false)
	}))
	if s.pairs.Len() != 10 || s.pairs.Evicted() != 990 || s.sprayers.Len() != 10 {
		t.Errorf("%d pairs, %d evicted, %d sprayers", s.pairs.Len(), s.pairs.Evicted(), s.sprayers.Len())
	}
}
