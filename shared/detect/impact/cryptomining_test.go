package impact

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

// Catches: a miner told twice, or not; a pool's name that one look-up makes an alarm of; a resolver that is blamed; a name that only looks like a pool's.
func TestCryptomining(t *testing.T) {
	head := func(i int, resp string, port uint16) events.Head {
		return events.Head{TS: events.Time(1e18).Add(time.Duration(i) * time.Minute), UID: fmt.Sprint("C", i), OrigH: netip.MustParseAddr("10.0.0.5"), RespH: netip.MustParseAddr(resp), RespP: port}
	}
	yes := true
	mine := func(i int, ok *bool, jobs uint32) events.Record {
		return &events.Stratum{Head: head(i, "203.0.113.3", 3333), Method: "login", Worker: "4Example", Success: ok, Jobs: jobs}
	}
	ask := func(i int, name string) events.Record { return &events.DNS{Head: head(i, "10.0.0.2", 53), Query: name} }
	for _, c := range []struct {
		name string
		list []events.Record
		want []string
	}{
		{"below: two look-ups", []events.Record{ask(0, "xmr.nanopool.org"), ask(1, "xmr.nanopool.org")}, nil},
		{"at: three look-ups", []events.Record{ask(0, "xmr.nanopool.org"), ask(1, "xmr.nanopool.org"), ask(2, "xmr.nanopool.org"), ask(3, "xmr.nanopool.org")},
			[]string{`10.0.0.5 asked for or connected to a mining pool 3 times; the first was "xmr.nanopool.org".`, "4 times"}},
		{"Stratum once", []events.Record{mine(0, &yes, 0), mine(1, nil, 3)}, []string{`10.0.0.5 mines at the pool 203.0.113.3 port 3333, as "4Example".`, "mines at"}},
		{"tried, then taken", []events.Record{mine(0, nil, 0), mine(1, &yes, 0)}, []string{"tried to mine at", "mines at"}},
		{"innocent: another domain", []events.Record{ask(0, "nanopool.org.example.com"), ask(1, "notnanopool.org"), ask(2, "nanopool.com"), ask(3, "org")}, nil},
	} {
		m := device.New(device.Options{})
		d := NewCryptomining(CryptominingDefaults())
		var found []detect.Finding
		for _, r := range c.list {
			found = append(found, d.Observe(r, m.Observe(r))...)
		}
		found = append(found, d.Close(m.View())...)
		if len(found) != len(c.want) {
			t.Errorf("%s: %d findings, want %d", c.name, len(found), len(c.want))
			continue
		}
		for i, f := range found {
			if !strings.Contains(f.Description, c.want[i]) || f.Offenders[0].Addr.String() != "10.0.0.5" {
				t.Errorf("%s: %q, want %q", c.name, f.Description, c.want[i])
			}
		}
	}
}
