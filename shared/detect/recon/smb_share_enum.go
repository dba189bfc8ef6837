package recon

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// SMBShareEnum finds a host that looks around at file servers: who is logged in there, which shares there are, and where it may be administrator.
var SMBShareEnum = detect.Spec{
	Type:  "recon.smb_share_enum",
	Title: "SMB share and session enumeration",
	Text: "Looks for a host that asks a server who is logged in there or which files are open (NetrSessionEnum, NetrWkstaUserEnum, NetrFileEnum, " +
		"NetrConnectionEnum, RpcWinStationEnumerate, OpenUsers of the registry): one question is told with low risk, five servers' with more. " +
		"It also counts the servers whose shares a host lists (30 within an hour), the shares that it tries at one server within two minutes (four, " +
		"two of them administrative), and the servers that refuse it as administrator (five). What looks the same: a person who browses a " +
		"server lists its shares once; agents of firewalls and inventories ask who is logged in all day, from one host.",
	Category: "recon", Tactics: []string{"TA0007"}, Techniques: []string{"T1135", "T1033", "T1049"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindDCERPC, events.KindSMBMapping}, Version: 1,
	Background: "An attacker with any account asks every server which sessions it has, to learn where administrators are logged in, and tries on which " +
		"hosts the account may open ADMIN$ or the service manager. Lists of shares show where the data is. BloodHound and CrackMapExec do it in minutes for a whole domain.",
	Mitigation: []string{
		"Ask who runs the offender whether an inventory or a firewall's agent runs there; if so, add it to the known scanners.",
		"Look for what followed: log-ins with an administrator's account from the same host, and programs written to ADMIN$.",
		"Limit who may list sessions (the registry's SrvsvcSessionInfo) and who may reach port 445 of workstations.",
		"Give no account administrator's rights on many workstations.",
	},
	New:    func() detect.Detector { return NewSMBShareEnum(SMBShareEnumDefaults()) },
	Tuning: detect.Tuned(SMBShareEnumDefaults, NewSMBShareEnum),
}

// SMBShareEnumTunables are what may be set.
type SMBShareEnumTunables struct {
	Asked  int           `tune:"questions of one host about who is logged in" min:"1" max:"10000"`
	Many   int           `tune:"servers asked so, from which on it is a sweep" min:"2" max:"10000"`
	Listed int           `tune:"servers whose shares one host lists" min:"2" max:"10000"`
	Shares int           `tune:"different shares that one host tries at a server in quick succession" min:"3" max:"1000"`
	Admin  int           `tune:"servers at which one host is refused as administrator" min:"2" max:"10000"`
	Idle   time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"168h"`
	Hosts  int           `tune:"hosts and pairs of hosts watched" min:"100" max:"1000000"`
}

// SMBShareEnumDefaults are the tunables that the project stands for.
func SMBShareEnumDefaults() SMBShareEnumTunables {
	return SMBShareEnumTunables{Asked: 1, Many: 5, Listed: 30, Shares: 4, Admin: 5, Idle: time.Hour, Hosts: 20_000}
}

// ShareLooks counts what hosts ask file servers for.
type ShareLooks struct {
	tune SMBShareEnumTunables
	*detect.Cases
}

// What a case is about.
const (
	shareAsked  = "asked"  // questions about who is logged in; Names are the operations
	shareListed = "listed" // lists of shares
	shareTried  = "tried"  // shares tried at one server; Sum counts the administrative ones
	shareAdmin  = "admin"  // servers at which administrator's rights were refused
)

const (
	shareSwept uint64 = 1
	shareQuick        = 2 * time.Minute // how close together tried shares are
)

// NewSMBShareEnum makes the detector.
func NewSMBShareEnum(t SMBShareEnumTunables) *ShareLooks {
	return &ShareLooks{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle})}
}

// Observe counts questions, lists and tries.
func (d *ShareLooks) Observe(r events.Record, _ device.View) []detect.Finding {
	switch r := r.(type) {
	case *events.DCERPC:
		return d.call(r)
	case *events.SMBMapping:
		return d.mapping(r)
	}
	return nil
}

// Tick has nothing to do: questions are told when they are asked.
func (d *ShareLooks) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *ShareLooks) Close(device.View) []detect.Finding { return d.LastWords(d.report) }

func (d *ShareLooks) call(c *events.DCERPC) []detect.Finding {
	switch c.Operation {
	case "NetrSessionEnum", "NetrWkstaUserEnum", "NetrFileEnum", "NetrConnectionEnum", "RpcWinStationEnumerate":
		return d.asked(c)
	case "OpenUsers": // of the registry: the hives that are loaded are those of who is logged in
		if c.Endpoint == "winreg" {
			return d.asked(c)
		}
	case "NetrShareEnum", "NetrShareEnumSticky":
		return d.across(shareListed, &c.Head, d.tune.Listed)
	case "OpenSCManagerW", "OpenSCManagerA", "OpenSCManager2":
		if c.Status != nil && *c.Status == accessDenied {
			return d.across(shareAdmin, &c.Head, d.tune.Admin)
		}
	}
	return nil
}

// accessDenied is Windows' error 5.
const accessDenied = 5

func (d *ShareLooks) asked(c *events.DCERPC) []detect.Finding {
	key := detect.CaseKey{VNI: c.VNI, By: c.OrigH, What: shareAsked}
	one := d.Note(key, &c.Head)
	one.Against(detect.Party{Addr: c.RespH, Port: c.RespP, Endpoint: detect.Server})
	one.Thing(c.Operation)
	news := one.Reached(one.Count, d.tune.Asked)
	if one.Flags&shareSwept == 0 && one.Hosts.Count() >= d.tune.Many {
		one.Flags |= shareSwept
		news, one.Told = true, one.Count
	}
	if !news {
		return nil
	}
	return []detect.Finding{d.report(key, one)}
}

// across counts the servers at which a host does the same.
func (d *ShareLooks) across(what string, h *events.Head, least int) []detect.Finding {
	key := detect.CaseKey{VNI: h.VNI, By: h.OrigH, What: what}
	one := d.Note(key, h)
	one.Against(detect.Party{Addr: h.RespH, Port: h.RespP, Endpoint: detect.Server})
	if !one.Reached(one.Hosts.Count(), least) {
		return nil
	}
	return []detect.Finding{d.report(key, one)}
}

func (d *ShareLooks) mapping(m *events.SMBMapping) []detect.Finding {
	share := strings.ToUpper(m.Path[strings.LastIndexByte(m.Path, '\\')+1:])
	if share == "" || share == "IPC$" {
		return nil
	}
	var found []detect.Finding
	administrative := share == "ADMIN$" || len(share) == 2 && share[1] == '$'
	if administrative && m.Status != 0 { // who is let in has work there, or does what other types tell
		found = d.across(shareAdmin, &m.Head, d.tune.Admin)
	}
	key := detect.CaseKey{VNI: m.VNI, By: m.OrigH, To: m.RespH, What: shareTried}
	if one := d.Get(key); one != nil && m.TS.Sub(one.Last) > shareQuick {
		*one = detect.Case{}
	}
	one := d.Note(key, &m.Head)
	if one.Thing(share) && administrative {
		one.Sum++
	}
	if one.Sum >= 2 && one.Reached(one.Things.Count(), d.tune.Shares) {
		found = append(found, d.report(key, one))
	}
	return found
}

func (d *ShareLooks) report(k detect.CaseKey, one *detect.Case) detect.Finding {
	servers := one.Hosts.Count()
	properties := map[string]any{"requests": one.Count, "servers": servers}
	text := ""
	switch k.What {
	case shareAsked:
		text = fmt.Sprintf("%s asked %s %s who is logged in or which files are open (%s).", k.By, rpcCount(servers, "server"), rpcCount(one.Count, "time"), strings.Join(one.Names, ", "))
		properties["operations"] = one.Names
	case shareListed:
		text = fmt.Sprintf("%s listed the shares of %d servers.", k.By, servers)
	case shareAdmin:
		text = fmt.Sprintf("%s tried to be administrator at %d servers, and was refused.", k.By, servers)
	case shareTried:
		shares := one.Things.Count()
		text = fmt.Sprintf("%s tried %d different shares at %s, %d of them administrative (%s).", k.By, shares, k.To, one.Sum, shareQuoted(one.Names))
		properties = map[string]any{"requests": one.Count, "shares": shares, "administrative": one.Sum, "names": one.Names}
	}
	f := one.Finding(k, 0.75, text)
	f.Properties = properties
	if k.What != shareAsked || one.Flags&shareSwept != 0 {
		f.Terms = []events.Term{{Name: "sweep", Points: 20, Reason: "many servers or shares, one after the other"}}
	}
	return f
}

// shareQuoted shows names that a client chose, escaped and cut.
func shareQuoted(names []string) string {
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", n[:min(len(n), 40)])
	}
	return b.String()
}
