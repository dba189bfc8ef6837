package all

import (
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Catches: a type that is not its path, a field that the console would show empty, a kind of record that does not exist.
func TestSpecs(t *testing.T) {
	tactic, technique := regexp.MustCompile(`^TA\d{4}$`), regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)
	seen := map[string]bool{}
	for _, s := range Specs() {
		for _, exact := range s.Yields {
			if exact == s.Type || !slices.ContainsFunc(Specs(), func(other detect.Spec) bool { return other.Type == exact }) {
				t.Errorf("%s yields to %s, which is no other type", s.Type, exact)
			}
		}
		folder, name, _ := strings.Cut(s.Type, ".")
		if _, err := os.Stat(filepath.Join("..", folder, name+".go")); err != nil || folder != s.Category || seen[s.Type] {
			t.Errorf("%s: %v, category %s, seen %v", s.Type, err, s.Category, seen[s.Type])
		}
		seen[s.Type] = true
		_, watches := s.New().(detect.Watcher) // it may live on minutes and hours alone
		if s.Title == "" || len(s.Text) < 100 || s.Version < 1 || s.Risk == (detect.Base{}) || len(s.Wants) == 0 && !watches || len(s.Techniques) == 0 {
			t.Errorf("%s: a field is missing", s.Type)
		}
		if len(s.Background) < 100 || len(s.Mitigation) < 2 {
			t.Errorf("%s: the background has %d letters, and there are %d steps to take", s.Type, len(s.Background), len(s.Mitigation))
		}
		for _, k := range s.Wants {
			if !slices.Contains(events.Kinds(), k) {
				t.Errorf("%s wants %s", s.Type, k)
			}
		}
		for _, id := range s.Tactics {
			if !tactic.MatchString(id) {
				t.Errorf("%s: tactic %s", s.Type, id)
			}
		}
		for _, id := range s.Techniques {
			if !technique.MatchString(id) {
				t.Errorf("%s: technique %s", s.Type, id)
			}
		}
	}
}

// Catches: a detector that panics on a record with nothing in it, as a cut frame may leave one.
func TestEmptyRecords(t *testing.T) {
	j := detect.NewJudge(Specs(), device.New(device.Options{}), detect.Options{})
	for range 50 {
		for _, r := range append(events.Blank(), &events.Conn{IPProto: 6}, &events.Conn{IPProto: 17, Interim: true}) {
			j.Observe(r)
		}
	}
	j.Close(0)
	if n := len(j.Detections()); n != 0 {
		t.Errorf("%d detections of nothing", n)
	}
}

// Catches: a detector that forgets without saying so, or that grows without end, on a flood of made-up sources.
func TestFloodIsCounted(t *testing.T) {
	j := detect.NewJudge(Specs(), device.New(device.Options{MaxExternal: 100}), detect.Options{})
	c := &events.Conn{Proto: "tcp", IPProto: 6, ConnState: "S0", History: "S", OrigPkts: 1, TCPFlags: 2}
	c.RespH, c.RespP = netip.AddrFrom4([4]byte{10, 0, 0, 1}), 80
	for i := range 60_000 {
		c.OrigH = netip.AddrFrom4([4]byte{198, byte(i >> 16), byte(i >> 8), byte(i)})
		j.Observe(c)
	}
	if s := j.Stats(); s.Devices > 101 || s.Overflow < 60_000-101 || s.Detections != 1 || j.Detections()[0].Type != "impact.syn_flood" {
		t.Errorf("%+v", s)
	}
	for _, s := range Specs() {
		if _, ok := s.New().(detect.Limited); !ok {
			t.Errorf("%s does not say what it forgets", s.Type)
		}
	}
}

// BenchmarkOrdinaryConn is the price of the device model and all detectors together for one record of ordinary traffic.
func BenchmarkOrdinaryConn(b *testing.B) {
	j := detect.NewJudge(Specs(), device.New(device.Options{}), detect.Options{})
	var list []*events.Conn
	for i := range 4096 {
		c := &events.Conn{Proto: "tcp", IPProto: 6, ConnState: "SF", History: "ShADadFf", Service: "ssl", OrigBytes: 900, RespBytes: 9000, OrigPkts: 9, RespPkts: 12, TCPFlags: 27}
		c.UID, c.OrigP, c.RespP = "C0123456789a", uint16(40000+i), 443
		c.OrigH, c.RespH = netip.AddrFrom4([4]byte{10, 0, byte(i % 3), byte(i % 200)}), netip.AddrFrom4([4]byte{203, 0, byte(i % 4), byte(i % 61)})
		list = append(list, c)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c := list[i%len(list)]
		c.TS = events.Time(i) * 5e6
		j.Observe(c)
	}
}
