package detect

import (
	"fmt"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func act(at time.Duration, uid, orig, resp string) *events.Head {
	return &events.Head{TS: events.Time(1e18).Add(at), UID: uid, OrigH: netip.MustParseAddr(orig), RespH: netip.MustParseAddr(resp), RespP: 445, VNI: 7, Sensor: "s"}
}

// Catches: a threshold told twice, a case that never begins anew, a victim counted twice, an offender that is the wrong end.
func TestCase(t *testing.T) {
	cases := NewCases(CasesOptions{Limit: 10, Idle: time.Hour})
	k := CaseKey{VNI: 7, By: netip.MustParseAddr("10.0.0.5"), What: "guess"}
	told := 0
	for i := range 25 {
		c := cases.Note(k, act(time.Duration(i)*time.Minute, fmt.Sprint("C", i/2), "10.0.0.5", fmt.Sprintf("10.0.1.%d", i%3)))
		c.Against(Party{Addr: c.Head.RespH, Port: 445, Endpoint: Server})
		c.Thing(fmt.Sprint("user", i%12))
		if c.Reached(c.Count, 20) {
			told++
			f := c.Finding(k, 0.8, "x")
			if f.Offenders[0] != (Party{Addr: k.By, Endpoint: Client}) || len(f.Victims) != 3 || f.Victims[0].Port != 445 || len(f.UIDs) != 10 || f.End.Sub(f.Start) != 19*time.Minute {
				t.Errorf("%+v", f)
			}
		}
	}
	c := cases.Peek(k)
	if told != 1 || c.Things.Count() != 12 || len(c.Names) != maxCaseNames || !c.Raised() {
		t.Errorf("told %d times, %d things, %d names", told, c.Things.Count(), len(c.Names))
	}
	words := cases.LastWords(func(k CaseKey, c *Case) Finding { return c.Finding(k, 1, fmt.Sprint(c.Count)) })
	if len(words) != 1 || !words[0].Final || words[0].Description != "25" {
		t.Errorf("last words: %+v", words)
	}
	if c := cases.Note(k, act(3*time.Hour, "D", "10.0.0.5", "10.0.1.1")); c.Count != 1 || c.Raised() || len(c.UIDs) != 1 {
		t.Errorf("after a rest: %+v", c)
	}
	back := CaseKey{By: netip.MustParseAddr("10.0.1.1")} // the server is the offender
	if f := cases.Note(back, act(3*time.Hour, "E", "10.0.0.5", "10.0.1.1")).Finding(back, 1, "y"); f.Victims[0].Addr != k.By || f.Offenders[0].Endpoint != Server {
		t.Errorf("a server that offends: %+v", f)
	}
}

// Catches: a field of a case that a restart loses.
func TestCaseIsKept(t *testing.T) {
	cases := NewCases(CasesOptions{Limit: 10})
	k := CaseKey{VNI: 7, By: netip.MustParseAddr("10.0.0.5"), To: netip.MustParseAddr("2001:db8::1"), What: "a\x00b"}
	c := cases.Note(k, act(0, "C1", "10.0.0.5", "10.0.1.1"))
	c.Against(Party{Addr: c.Head.RespH, Port: 445, Endpoint: Server})
	c.Thing("one")
	c.Flags, c.Sum = 5, 6
	c.Reached(1, 1)
	c.Head.TS, c.Head.UID, c.Head.OrigP = 0, "", 0 // of the latest act the ends are kept
	again := NewCases(CasesOptions{Limit: 10})
	cases.Save(func(key, value []byte) {
		if err := again.Load(key, value); err != nil {
			t.Fatal(err)
		}
	})
	if got := again.Peek(k); !reflect.DeepEqual(got, c) {
		t.Errorf("kept %+v\nof %+v", got, c)
	}
}
