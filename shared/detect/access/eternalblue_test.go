package access

import (
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func smbOdd(at time.Duration, name, addl string) events.Record {
	return &events.Weird{Head: head(at, attacker, server, 445), Name: name, Addl: addl, Source: "smb"}
}

func TestEternalBlue(t *testing.T) {
	const (
		mixed    = "smb1_transaction_mixed"
		called   = "smb1_trans2_session_setup"
		answered = "smb1_implant_answered"
	)
	cases := []struct {
		name    string
		records []events.Record
		alerts  int
		says    string
		worst   string // the term that weighs
	}{
		{"below: another oddity", []events.Record{smbOdd(0, "smb_malformed", "")}, 0, "", ""},
		{"at", []events.Record{smbOdd(0, mixed, "begun=160 continued=51")}, 1, "as MS17-010 is exploited", "attempt_only"},
		{"once", many(9, func(i int) events.Record { return smbOdd(time.Duration(i)*time.Second, mixed, "") }), 1, "in 1 acts", "attempt_only"},
		{"next order", many(10, func(i int) events.Record { return smbOdd(time.Duration(i)*time.Second, mixed, "") }), 2, "in 10 acts", "attempt_only"},
		{"and it worked", []events.Record{smbOdd(0, mixed, ""), smbOdd(time.Second, called, ""), smbOdd(2*time.Second, answered, "")}, 3, "the host is taken", "implant_answered"},
		{"an implant of before", []events.Record{smbOdd(0, called, ""), smbOdd(time.Second, answered, "")}, 2, "the host is taken", "implant_answered"},
		{"the innocent twin: a scan for implants", []events.Record{smbOdd(0, called, "")}, 1, "no answer of an implant", "asked_only"},
	}
	for _, c := range cases {
		found := judge(NewEternalBlue(EternalBlueDefaults()), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, len(found), c.alerts)
			continue
		}
		if c.alerts == 0 {
			continue
		}
		f := found[len(found)-1]
		if !strings.Contains(f.Description, c.says) || f.Terms[0].Name != c.worst || f.Offenders[0].Addr.String() != attacker || f.Victims[0].Addr.String() != server {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}
