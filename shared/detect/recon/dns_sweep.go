package recon

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// DNSSweep finds a host that asks for the name of every address of a network.
var DNSSweep = detect.Spec{
	Type:  "recon.dns_sweep",
	Title: "Reverse DNS sweep",
	Text: "Counts the different addresses of one local /24 (IPv6: /120) whose names one host asked for (PTR) within ten minutes: 100. The " +
		"names tell which hosts there are and what they are for, without a packet to any of them. What looks the same: log servers and mail " +
		"servers, which ask for the addresses that come by, from all over; and a monitoring system that makes its map, which is to be entered " +
		"as a known scanner. Hosts that answer DNS themselves ask for others, and do not count.",
	Category: "recon", Tactics: []string{"TA0007"}, Techniques: []string{"T1018"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindDNS}, Version: 1,
	Background: "Most hosts of a network have a name in reverse DNS, and names say much: dc01, backup, payroll-db. An intruder asks the " +
		"resolver, which answers everybody, for each address in turn, and no host of the network sees it.",
	Mitigation: []string{
		"Find the program on the offender that asks, and stop it if nobody knows it.",
		"If it is an inventory, enter it as a known scanner (parameter known_scanners).",
		"See what the offender does with the hosts whose names it learned.",
	},
	New:    func() detect.Detector { return NewDNSSweep(DNSSweepDefaults()) },
	Tuning: detect.Tuned(DNSSweepDefaults, NewDNSSweep),
}

// DNSSweepTunables are what may be set.
type DNSSweepTunables struct {
	Addresses int           `tune:"different addresses of one network of 256 whose names one host asked for" min:"5" max:"256"`
	Window    time.Duration `tune:"within which it must ask" min:"10s" max:"24h"`
	Sweeps    int           `tune:"pairs of a host and a network watched" min:"100" max:"100000"`
}

// DNSSweepDefaults are the tunables that the project stands for.
func DNSSweepDefaults() DNSSweepTunables {
	return DNSSweepTunables{Addresses: 100, Window: 10 * time.Minute, Sweeps: 5_000}
}

// DNSSweeper counts the addresses asked for, by who asks and which network they are of.
type DNSSweeper struct {
	tune DNSSweepTunables
	*detect.Cases
}

// NewDNSSweep makes the detector.
func NewDNSSweep(t DNSSweepTunables) *DNSSweeper {
	return &DNSSweeper{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Sweeps, Idle: t.Window})}
}

// Observe counts PTR questions for local addresses.
func (s *DNSSweeper) Observe(r events.Record, v device.View) []detect.Finding {
	q, ok := r.(*events.DNS)
	if !ok || q.QTypeName != "PTR" || v.Resp.Class == device.Group || v.Orig.OffersPort(device.UDP, 53) {
		return nil
	}
	a, bits, ok := reverse(q.Query)
	if !ok || !v.IsLocal(a) {
		return nil
	}
	net, err := a.Prefix(bits)
	if err != nil {
		return nil
	}
	k := detect.CaseKey{VNI: q.VNI, By: q.OrigH, To: net.Addr()}
	one := s.Within(k, &q.Head, s.tune.Window)
	one.Against(detect.Party{Addr: q.RespH, Port: q.RespP, Endpoint: detect.Server})
	one.Things.Add(hash(a))
	if !one.Reached(one.Things.Count(), s.tune.Addresses) {
		return nil
	}
	return []detect.Finding{s.report(k, one)}
}

// reverse gives the address that a name of in-addr.arpa or ip6.arpa stands for (RFC 1035 section 3.5, RFC 3596 section 2.5), and how
// long the prefix of its neighbours is.
func reverse(name string) (a netip.Addr, bits int, ok bool) {
	if digits, is := strings.CutSuffix(name, ".in-addr.arpa"); is {
		var b [4]byte
		for i := 3; i >= 0; i-- {
			label, rest, more := strings.Cut(digits, ".")
			n, err := strconv.ParseUint(label, 10, 8)
			if err != nil || more != (i > 0) {
				return a, 0, false
			}
			b[i], digits = byte(n), rest
		}
		return netip.AddrFrom4(b), 24, true
	}
	digits, is := strings.CutSuffix(name, ".ip6.arpa")
	if !is || len(digits) != 63 {
		return a, 0, false
	}
	var b [16]byte
	for i := range 32 {
		n, err := strconv.ParseUint(digits[2*i:2*i+1], 16, 4)
		if err != nil {
			return a, 0, false
		}
		b[15-i/2] |= byte(n) << (4 * (i & 1))
	}
	return netip.AddrFrom16(b), 120, true
}

// Tick has nothing to do: a sweep is told while it happens.
func (s *DNSSweeper) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of sweeps that were told up to date.
func (s *DNSSweeper) Close(device.View) []detect.Finding { return s.LastWords(s.report) }

func (s *DNSSweeper) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	bits := 24
	if k.To.Is6() {
		bits = 120
	}
	net := netip.PrefixFrom(k.To, bits).String()
	f := c.Finding(k, 0.85, fmt.Sprintf("%s asked DNS for the names of %s addresses of the network %q within %s.", k.By, c.Things.Text(), net, detect.Lasted(c.Last.Sub(c.Start))))
	f.Terms = []events.Term{{Name: "questions_only", Points: -10, Reason: "no host was touched, and inventories ask the same"}}
	f.Properties = map[string]any{"addresses": c.Things.Count(), "network": net, "questions": c.Count, "seconds": c.Last.Sub(c.Start).Seconds()}
	return f
}
