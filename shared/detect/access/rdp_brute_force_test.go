package access

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func TestRDPBruteForce(t *testing.T) {
	session := func(i int, resp string, out, in uint64, lasts time.Duration) *events.Conn {
		return &events.Conn{
			Head: head(time.Duration(i)*5*time.Second, attacker, resp, 3389), IPProto: 6, Service: "rdp,ssl", ConnState: "SF", History: "ShADadFf",
			OrigBytes: out, RespBytes: in, Duration: events.Interval(lasts),
		}
	}
	guesses := func(n int, each func(i int) *events.Conn) []events.Record {
		return many(n, func(i int) events.Record { return each(i) })
	}
	guess := func(i int) *events.Conn { return session(i, server, 1900, 1700, 2*time.Second) }
	for _, tt := range []struct {
		what string
		in   []events.Record
		want []string // sessions, hosts, whether one followed
	}{
		{"below", guesses(19, guess), nil},
		{"at", guesses(20, guess), []string{"20 1 false"}},
		{"once", guesses(150, guess), []string{"20 1 false"}},
		{"the guess that hit", append(guesses(25, guess), session(30, server, 40_000, 900_000, time.Hour)), []string{"20 1 false", "25 1 true"}},
		{"a session elsewhere", append(guesses(25, guess), session(30, "10.0.0.77", 40_000, 900_000, time.Hour)), []string{"20 1 false"}},
		{"many hosts", guesses(20, func(i int) *events.Conn { return session(i, fmt.Sprint("10.0.1.", i+1), 1900, 1700, time.Second) }), []string{"20 20 false"}},
		{"monitoring", guesses(200, func(i int) *events.Conn { return session(i, server, 60, 19, time.Second) }), nil},
		{"people at work", guesses(200, func(i int) *events.Conn { return session(i, server, 90_000, 2_000_000, time.Hour) }), nil},
		{"once an hour", guesses(200, func(i int) *events.Conn { return session(i*720, server, 1900, 1700, time.Second) }), nil},
	} {
		var got []string
		for _, f := range judge(RDPBruteForce.New(), tt.in) {
			got = append(got, fmt.Sprintf("%v %v %v", f.Properties["sessions"], f.Properties["hosts"], f.Properties["success"]))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}
