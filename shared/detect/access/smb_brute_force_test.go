package access

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

const smbInside = "10.0.0.77"

// smbGuess is one log-in over SMB; a status of 0 means that it worked.
func smbGuess(at time.Duration, resp, user string, status uint32) events.Record {
	ok := status == 0
	return &events.NTLM{Head: head(at, smbInside, resp, 445), Username: user, Carrier: "smb", Version: 2, Success: &ok, Status: status}
}

const smbWrong = 0xc000006d

func TestSMBBruteForce(t *testing.T) {
	fail := func(n int, every time.Duration, users int) []events.Record {
		return many(n, func(i int) events.Record {
			return smbGuess(time.Duration(i)*every, server, fmt.Sprint("user", i%users), smbWrong)
		})
	}
	guests := many(20, func(i int) events.Record {
		g := smbGuess(time.Duration(i)*time.Second, server, fmt.Sprint("user", i%4), 0).(*events.NTLM)
		g.Guest = true
		return g
	})
	machines := many(200, func(i int) events.Record { return smbGuess(time.Duration(i)*time.Second, server, "PC$", smbWrong) })
	denied := many(200, func(i int) events.Record { return smbGuess(time.Duration(i)*time.Second, server, "bob", 0xc0000022) })
	cases := []struct {
		name    string
		records []events.Record
		alerts  int
		success bool
	}{
		{"below", fail(14, time.Second, 1), 0, false},
		{"at", fail(15, time.Second, 1), 1, false},
		{"once only", fail(149, time.Second, 1), 1, false},
		{"next order", fail(150, time.Second, 1), 2, false},
		{"several users, below", fail(9, time.Second, 3), 0, false},
		{"several users, at", fail(10, time.Second, 3), 1, false},
		{"then it worked", append(fail(15, time.Second, 1), smbGuess(time.Minute, server, "user0", 0)), 2, true},
		{"as guests", guests, 1, false},
		{"one password at many hosts", many(6, func(i int) events.Record {
			return smbGuess(time.Duration(i)*time.Second, fmt.Sprintf("10.0.1.%d", i), "admin", smbWrong)
		}), 1, false},
		// The innocent twins.
		{"a forgotten password, each guess tried three times", append(fail(12, 5*time.Second, 1), smbGuess(2*time.Minute, server, "user0", 0)), 0, false},
		{"a job with an old password", fail(300, time.Minute, 1), 0, false},
		{"a computer that is no longer in the domain", machines, 0, false},
		{"a user who may not open it", denied, 0, false},
		{"many who log in well", many(300, func(i int) events.Record {
			return smbGuess(time.Duration(i)*time.Second, server, fmt.Sprint("u", i), 0)
		}), 0, false},
	}
	for _, c := range cases {
		found := judge(NewSMBBruteForce(SMBBruteForceDefaults()), c.records)
		if len(found) != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, len(found), c.alerts)
			continue
		}
		if c.alerts == 0 {
			continue
		}
		f := found[len(found)-1]
		if f.Offenders[0].Addr.String() != smbInside || (len(f.Terms) == 1) != c.success || strings.HasSuffix(f.Description, "and then it worked.") != c.success {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}
