package hygiene

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

func TestLLMNR(t *testing.T) {
	kind := uint16(1)
	ask := func(n int, port uint16, host func(i int) string) (list []events.Record) {
		for i := range n {
			q := &events.DNS{Query: "files", QType: &kind}
			q.TS, q.UID, q.OrigP, q.RespP = events.Time(1_700_000_000e9+i), fmt.Sprint("C", i), 50123, port
			q.OrigH, q.RespH = netip.MustParseAddr(host(i)), netip.MustParseAddr("224.0.0.252")
			list = append(list, q)
		}
		return list
	}
	each := func(i int) string { return fmt.Sprintf("10.0.0.%d", 1+i) }
	for _, c := range []struct {
		name    string
		records []events.Record
		alerts  int
	}{
		{"below", ask(19, 5355, each), 0},
		{"at", ask(20, 5355, each), 1},
		{"NetBIOS", ask(20, 137, each), 1},
		{"once a network", ask(250, 5355, each), 1},
		// The innocent twins.
		{"one laptop", ask(900, 5355, func(int) string { return "10.0.0.5" }), 0},
		{"DNS", ask(100, 53, each), 0},
		{"from outside", ask(100, 137, func(i int) string { return fmt.Sprintf("203.0.113.%d", 1+i) }), 0},
	} {
		d, model := NewLLMNR(LLMNRDefaults()), device.New(device.Options{})
		var found []detect.Finding
		for _, r := range c.records {
			found = append(found, d.Observe(r, model.Observe(r))...)
		}
		if len(found) != c.alerts || c.alerts > 0 && (found[0].Description != "20 hosts ask all others of the network for names by LLMNR or NetBIOS." || len(found[0].Offenders) != 20) {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}
