package access

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func TestLDAPBruteForce(t *testing.T) {
	bind := func(at time.Duration, name, result string) *events.LDAP {
		return &events.LDAP{Head: head(at, "10.0.0.9", server, 389), Opcode: "bind simple", Argument: "REDACTED", Object: name, Result: result}
	}
	const refused = "invalid credentials"
	failures := func(n, names int, step time.Duration) []events.Record {
		return many(n, func(i int) events.Record { return bind(time.Duration(i)*step, fmt.Sprint("cn=user", i%names), refused) })
	}
	hit := bind(41*time.Second, "cn=admin", "success")
	for _, tt := range []struct {
		what string
		in   []events.Record
		want []string // failures, names, whether it worked
	}{
		{"below", failures(29, 1, time.Second), nil},
		{"at", failures(30, 1, time.Second), []string{"30 1 false"}},
		{"once", failures(90, 1, time.Second), []string{"30 1 false"}},
		{"sprayed", failures(40, 40, time.Second), []string{"10 10 false"}},
		{"it worked", append(failures(40, 1, time.Second), hit, hit), []string{"30 1 false", "40 1 true"}},
		{"an application that people log in through", many(200, func(i int) events.Record {
			return bind(time.Duration(i)*time.Second, fmt.Sprint("cn=user", i), map[bool]string{true: refused, false: "success"}[i%4 == 1])
		}), nil},
		{"an old password, on schedule", failures(100, 1, time.Hour), nil},
		{"nobody", many(100, func(i int) events.Record {
			b := bind(time.Duration(i)*time.Second, "", refused)
			b.Argument = ""
			return b
		}), nil},
	} {
		var got []string
		for _, f := range judge(LDAPBruteForce.New(), tt.in) {
			got = append(got, fmt.Sprint(f.Properties["failed"], f.Properties["accounts"], f.Properties["success"]))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}
