package impact

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/domain"
)

// Cryptomining finds hosts that mine cryptocurrency.
var Cryptomining = detect.Spec{
	Type:  "impact.cryptomining",
	Title: "Cryptomining",
	Text: "Looks for hosts that speak the protocol of mining pools (Stratum), on whatever port, and for hosts that ask for, or open TLS to, the name of a " +
		"known pool: three times for the name alone, for a look-up is not yet a connection. Mining on a server that was taken over is the commonest use " +
		"of one in the cloud, and whoever could start it could start anything else. What looks the same: nothing, but a miner that is meant to be there.",
	Category: "impact", Tactics: []string{"TA0040"}, Techniques: []string{"T1496"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindStratum, events.KindDNS, events.KindSSL}, GuardDuty: "CryptoCurrency:EC2/BitcoinTool.B", Version: 1,
	Background: "Whoever takes over an instance, or finds keys to start new ones, turns it into money within minutes: a miner needs no data and no patience. It " +
		"logs in to a pool with the attacker's wallet, gets work, and hands in what it finds; the bill for the processor time goes to the account.",
	Mitigation: []string{
		"Isolate the instance, and keep its memory and disk for who investigates: the miner is the last step, find the first.",
		"Look in CloudTrail for instances that were started with the same keys, in all regions.",
		"Change the credentials of the instance's role, and close the way in (an exposed API, a guessed password).",
		"Block the pool, and deny servers to open connections to the internet that they do not need.",
	},
	New:    func() detect.Detector { return NewCryptomining(CryptominingDefaults()) },
	Tuning: detect.Tuned(CryptominingDefaults, NewCryptomining),
}

// CryptominingTunables are what may be set.
type CryptominingTunables struct {
	Pools []string      `tune:"registered domains of pools"`
	Ports []uint16      `tune:"ports of pools, for flow logs, which have nothing else to go by"`
	Names int           `tune:"look-ups of a pool's name, or connections to it, that are enough" min:"1" max:"10000"`
	Idle  time.Duration `tune:"a host that rests this long begins anew" min:"1h" max:"720h"`
	Hosts int           `tune:"hosts watched" min:"100" max:"1000000"`
}

// CryptominingDefaults are the tunables that the project stands for. The pools are those with the largest shares of Monero, Bitcoin and the coins that
// graphics cards mine, as public statistics of pools name them.
func CryptominingDefaults() CryptominingTunables {
	return CryptominingTunables{
		Pools: []string{
			"2miners.com", "antpool.com", "c3pool.com", "c3pool.org", "crypto-pool.fr", "dwarfpool.com", "ethermine.org", "f2pool.com", "flypool.org",
			"hashvault.pro", "herominers.com", "kryptex.network", "minergate.com", "minexmr.com", "miningocean.org", "miningpoolhub.com",
			"monerohash.com", "moneroocean.stream", "nanopool.org", "nicehash.com", "poolin.com", "prohashing.com", "rplant.xyz", "skypool.org",
			"slushpool.com", "supportxmr.com", "unmineable.com", "viabtc.com", "woolypooly.com", "xmrpool.eu", "xmrig.com", "zpool.ca", "zergpool.com",
		},
		Ports: []uint16{3333, 3334, 3335, 3336, 3357, 4444, 5555, 5556, 7777, 9999, 10128, 10300, 10343, 14433, 14444, 20128, 20580, 33333, 45560, 45700},
		Names: 3, Idle: 24 * time.Hour, Hosts: 20_000,
	}
}

// Miners is the detector.
type Miners struct {
	tune  CryptominingTunables
	pools map[string]bool
	*detect.Cases
}

// The flags of a case.
const (
	minerSpoke    = 1 << iota // Stratum was spoken
	minerAccepted             // and the pool took the log-in, or gave work
	minerByPort               // a flow looks like it, by its port and its pace
)

// NewCryptomining makes the detector.
func NewCryptomining(t CryptominingTunables) *Miners {
	d := &Miners{tune: t, pools: map[string]bool{}, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle})}
	for _, p := range t.Pools {
		d.pools[strings.ToLower(p)] = true
	}
	return d
}

// Observe looks at miners' words and at names of pools.
func (d *Miners) Observe(r events.Record, v device.View) []detect.Finding {
	switch r := r.(type) {
	case *events.Conn:
		if r.Source == events.FlowLog {
			return d.flow(r, v)
		}
	case *events.Stratum:
		return d.spoke(r)
	case *events.DNS:
		if r.Query != "" && !v.Known().DNSServer(r.OrigH) {
			return d.named(&r.Head, r.Query, netip.Addr{})
		}
	case *events.SSL:
		if r.ServerName != "" {
			return d.named(&r.Head, r.ServerName, r.RespH)
		}
	}
	return nil
}

func (d *Miners) spoke(r *events.Stratum) []detect.Finding {
	if r.Method == "" && r.Jobs == 0 {
		return nil
	}
	miner, pool := r.OrigH, detect.Party{Addr: r.RespH, Port: r.RespP, Endpoint: detect.Server}
	if r.PoolAsk {
		miner, pool = r.RespH, detect.Party{Addr: r.OrigH, Port: r.OrigP, Endpoint: detect.Client}
	}
	k := detect.CaseKey{VNI: r.VNI, By: miner}
	c := d.Note(k, &r.Head)
	c.Against(pool)
	was := c.Flags
	c.Flags |= minerSpoke
	if r.Success != nil && *r.Success || r.Jobs > 0 {
		c.Flags |= minerAccepted
	}
	if r.Worker != "" {
		c.Thing(r.Worker)
	}
	c.Sum = max(c.Sum, uint64(r.Submits))
	if !c.Reached(c.Count, 1) && was == c.Flags {
		return nil
	}
	c.Told = c.Count
	return []detect.Finding{d.report(k, c)}
}

// named counts names of pools. Whoever is asked, the resolver, is no victim.
func (d *Miners) named(h *events.Head, name string, server netip.Addr) []detect.Finding {
	if _, registered := domain.Split(name); !d.pools[strings.ToLower(registered)] {
		return nil
	}
	k := detect.CaseKey{VNI: h.VNI, By: h.OrigH}
	c := d.Note(k, h)
	if server.IsValid() {
		c.Against(detect.Party{Addr: server, Port: h.RespP, Endpoint: detect.Server})
	}
	c.Thing(name)
	if !c.Reached(c.Count, d.tune.Names) {
		return nil
	}
	return []detect.Finding{d.report(k, c)}
}

func (d *Miners) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	if c.Flags == minerByPort {
		return minerFlow(k, c)
	}
	if c.Flags&minerSpoke == 0 {
		f := c.Finding(k, 0.7, fmt.Sprintf("%s asked for or connected to a mining pool %d times; the first was %q.", k.By, c.Count, c.Names[0]))
		f.Properties = map[string]any{"contacts": c.Count, "names": c.Names}
		return f
	}
	what, confidence := "tried to mine at", 0.85
	if c.Flags&minerAccepted != 0 {
		what, confidence = "mines at", 0.97
	}
	as := ""
	if len(c.Names) > 0 {
		as = fmt.Sprintf(", as %q", c.Names[0])
	}
	if c.Sum > 0 {
		as += fmt.Sprintf(", and handed in %d shares", c.Sum)
	}
	f := c.Finding(k, confidence, fmt.Sprintf("%s %s %s%s.", k.By, what, minerAt(c), as))
	f.Properties = map[string]any{"pools": c.Hosts.Count(), "names": c.Names, "accepted": c.Flags&minerAccepted != 0, "submits": c.Sum}
	if c.Flags&minerAccepted != 0 {
		f.Terms = append(f.Terms, events.Term{Name: "accepted", Points: 15, Reason: "the pool gave it work"})
	}
	return f
}

func minerAt(c *detect.Case) string {
	if c.Hosts.Count() > 1 {
		return c.Hosts.Text() + " pools"
	}
	return fmt.Sprintf("the pool %s port %d", c.Victims[0].Addr, c.Victims[0].Port)
}

// Tick has nothing to do.
func (d *Miners) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *Miners) Close(device.View) []detect.Finding { return d.LastWords(d.report) }
