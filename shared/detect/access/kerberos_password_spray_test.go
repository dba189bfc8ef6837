package access

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func kerbTry(at time.Duration, account string, code uint32) *events.Kerberos {
	ok := code == 0
	k := &events.Kerberos{Head: head(at, "10.0.0.9", server, 88), RequestType: "AS", Client: account + "/EXAMPLE.COM", Success: &ok, ErrorCode: code, Preauth: "timestamp"}
	return k
}

func TestKerberosPasswordSpray(t *testing.T) {
	spray := func(n int, code uint32) []events.Record {
		return many(n, func(i int) events.Record { return kerbTry(time.Duration(i)*time.Minute, fmt.Sprint("user", i), code) })
	}
	quick := func(n int) []events.Record {
		return many(n, func(i int) events.Record { return kerbTry(time.Duration(i)*time.Second, fmt.Sprint("user", i), 24) })
	}
	hit := kerbTry(20*time.Minute, "victim", 0)
	want := kerbTry(0, "alice", 25)
	want.Preauth = ""
	for _, tt := range []struct {
		what string
		in   []events.Record
		want []string // accounts, failures, whether it worked
	}{
		{"below", spray(5, 24), nil},
		{"at", spray(6, 24), []string{"6 6 false"}},
		{"below, quickly", quick(3), nil},
		{"quickly", quick(9), []string{"4 4 false"}},
		{"once", spray(30, 24), []string{"6 6 false"}},
		{"the next order of magnitude", spray(60, 24), []string{"6 6 false", "60 60 false"}},
		{"names that do not exist, with a password", spray(6, 6), []string{"6 6 false"}},
		{"it worked", append(spray(6, 24), hit, hit), []string{"6 6 false", "6 6 true"}},
		{"one account, as a service with an old password", many(29, func(i int) events.Record { return kerbTry(time.Duration(i)*time.Minute, "backup", 24) }), nil},
		{"one account, guessed at", many(40, func(i int) events.Record { return kerbTry(time.Duration(i)*time.Second, "Administrator", 24) }), []string{"1 30 false"}},
		{"a gate that many sign in through", many(60, func(i int) events.Record {
			return kerbTry(time.Duration(i)*time.Second, fmt.Sprint("user", i), map[bool]uint32{true: 24}[i%5 == 4])
		}), nil},
		{"mistakes an hour apart", many(12, func(i int) events.Record { return kerbTry(time.Duration(i)*time.Hour, fmt.Sprint("user", i), 24) }), nil},
		{"asked for proof", []events.Record{want, want, want, want, want, want, want}, nil},
	} {
		var got []string
		for _, f := range judge(KerberosPasswordSpray.New(), tt.in) {
			got = append(got, fmt.Sprint(f.Properties["accounts"], f.Properties["failed"], f.Properties["success"]))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}
