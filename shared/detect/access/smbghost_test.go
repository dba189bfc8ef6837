package access

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func TestSMBGhost(t *testing.T) {
	const ghost = "smb2_compression_overflow"
	one := func(i int) events.Record {
		return smbOdd(time.Duration(i)*time.Second, ghost, "from=client size=4294967295 offset=16 frame=66")
	}
	cases := []struct {
		name     string
		records  []events.Record
		alerts   int
		offender string
	}{
		{"below: another oddity", []events.Record{smbOdd(0, "smb_malformed", "")}, 0, ""},
		{"at", many(1, one), 1, attacker},
		{"once", many(9, one), 1, attacker},
		{"next order", many(10, one), 2, attacker},
		{"a server that attacks", []events.Record{smbOdd(0, ghost, "from=server size=1 offset=4294967295 frame=66")}, 1, server},
		{"the innocent twin: the same name of another source", []events.Record{&events.Weird{Head: head(0, attacker, server, 445), Name: ghost, Source: "tcp"}}, 0, ""},
	}
	for _, c := range cases {
		found := judge(NewSMBGhost(SMBGhostDefaults()), c.records)
		if len(found) != c.alerts || c.alerts > 0 && found[0].Offenders[0].Addr.String() != c.offender {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}
