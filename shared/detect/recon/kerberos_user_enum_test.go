package recon

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

func TestKerberosUserEnum(t *testing.T) {
	ask := func(i int, name string, code uint32, preauth string) *events.Kerberos {
		ok := code == 0
		k := &events.Kerberos{RequestType: "AS", Client: name + "/EXAMPLE.COM", Success: &ok, ErrorCode: code, Preauth: preauth}
		k.TS, k.UID, k.RespP = events.Time(1_700_000_000e9).Add(time.Duration(i)*time.Second), fmt.Sprint("K", i), 88
		k.OrigH, k.RespH = netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("10.0.0.2")
		return k
	}
	names := func(n int, code uint32) (list []*events.Kerberos) {
		for i := range n {
			list = append(list, ask(20*i, fmt.Sprint("user", i), code, ""))
		}
		return list
	}
	var people, same []*events.Kerberos
	for i := range 200 {
		name := fmt.Sprint("user", i)
		people = append(people, ask(i, name, 25, ""), ask(i, name, 0, "timestamp"))
		same = append(same, ask(i, fmt.Sprint("gone", i%3), 6, ""))
	}
	for _, tt := range []struct {
		what string
		in   []*events.Kerberos
		want []string
	}{
		{"below", names(7, 6), nil},
		{"at", names(8, 6), []string{"8 of 8"}},
		{"quickly", func() []*events.Kerberos {
			list := names(9, 6)
			for i, k := range list {
				k.TS = list[0].TS.Add(time.Duration(i) * time.Second)
			}
			return list
		}(), []string{"5 of 5"}},
		{"once", append(names(8, 6), names(40, 6)...), []string{"8 of 8"}},
		{"accounts that exist, and nobody signs in", names(50, 25), []string{"40 of 40"}},
		{"people who sign in", people, nil},
		{"the same few again and again", same, nil},
		{"services that do not exist", func() []*events.Kerberos {
			list := names(20, 6)
			for _, k := range list {
				k.RequestType = "TGS"
			}
			return list
		}(), nil},
	} {
		d, model := KerberosUserEnum.New(), device.New(device.Options{})
		var got []string
		for _, r := range tt.in {
			for _, f := range d.Observe(r, model.Observe(r)) {
				got = append(got, fmt.Sprint(f.Properties["accounts"], " of ", f.Properties["questions"]))
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}
