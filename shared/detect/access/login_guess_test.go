package access

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// guess is a log-in over FTP at a server, i seconds after the first.
func guess(i int, server, user string, ok bool) *events.Login {
	l := &events.Login{Service: "ftp", User: user, Success: &ok, Clear: true}
	l.TS, l.UID = events.Time(1e18).Add(time.Duration(i)*time.Second), fmt.Sprint("C", i)
	l.OrigH, l.RespH, l.RespP = netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr(server), 21
	return l
}

// Catches: a threshold that is off by one, told twice, or blind to several users; guests and old passwords at many servers that are told; a
// log-in that worked and nobody hears of; a number in the sentence that is not counted.
func TestLoginGuesses(t *testing.T) {
	const first, second = "10.0.0.21", "10.0.0.22"
	each := func(n int, one func(i int) *events.Login) (list []*events.Login) {
		for i := range n {
			list = append(list, one(i))
		}
		return list
	}
	same := func(i int) *events.Login { return guess(i, first, "admin", false) }
	many := func(i int) *events.Login { return guess(i, first, fmt.Sprint("user", i), false) }
	for _, c := range []struct {
		name string
		list []*events.Login
		want []string // in the sentence of each finding
	}{
		{"below", each(11, same), nil},
		{"at", each(12, same), []string{"failed to log in to FTP (ftp) at 10.0.0.21 12 times within 11s, as 1 user."}},
		{"once", each(60, same), []string{"12 times"}},
		{"again at the next order of magnitude", each(120, same), []string{"12 times", "120 times"}},
		{"several users are enough sooner", each(6, many), []string{"6 times within 5s, as 6 users."}},
		{"and then it worked", append(each(12, same), guess(20, first, "admin", true), guess(21, first, "admin", true)), []string{"12 times", `Then 10.0.0.21 let "admin" in.`}},
		{"a log-in elsewhere is another's", append(each(12, same), guess(20, second, "admin", true)), []string{"12 times"}},
		{"innocent: an old password at ten servers", each(20, func(i int) *events.Login { return guess(i, fmt.Sprintf("10.0.0.%d", 30+i%10), "backup", false) }), nil},
		{"innocent: once an hour", each(50, func(i int) *events.Login { return guess(3600*i, first, "backup", false) }), nil},
		{"innocent: guests", each(50, func(i int) *events.Login { l := guess(i, first, "anonymous", false); l.Anonymous = true; return l }), nil},
		{"another service is another type's", each(50, func(i int) *events.Login { l := same(i); l.Service = "mysql"; return l }), nil},
	} {
		d := NewFTPBruteForce(LoginGuessDefaults())
		var found []detect.Finding
		for _, l := range c.list {
			found = append(found, d.Observe(l, device.View{})...)
		}
		if len(found) != len(c.want) {
			t.Errorf("%s: %d findings, want %d", c.name, len(found), len(c.want))
			continue
		}
		for i, f := range found {
			if !strings.Contains(f.Description, c.want[i]) || f.Offenders[0].Addr.String() != "203.0.113.9" || f.Key != found[0].Key {
				t.Errorf("%s: %q, want %q", c.name, f.Description, c.want[i])
			}
		}
	}
}

// Catches: a type that hears of the wrong services.
func TestLoginServices(t *testing.T) {
	for service, d := range map[string]detect.Detector{
		"mysql": NewDatabaseBruteForce(LoginGuessDefaults()), "imap": NewMailBruteForce(LoginGuessDefaults()), "telnet": NewTelnetBruteForce(LoginGuessDefaults()),
	} {
		n := 0
		for i := range 12 {
			l := guess(i, "10.0.0.1", "root", false)
			l.Service = service
			n += len(d.Observe(l, device.View{}))
		}
		if n != 1 {
			t.Errorf("%s: %d findings", service, n)
		}
	}
}
