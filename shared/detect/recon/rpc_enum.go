package recon

import (
	"fmt"
	"strconv"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// RPCEnum finds a host that asks another for all the remote procedures that it offers.
var RPCEnum = detect.Spec{
	Type:  "recon.rpc_enum",
	Title: "RPC endpoint enumeration",
	Text: "Looks for a host that has a server list its endpoints (ept_lookup of the endpoint mapper, inq_if_ids of the management interface). A client that wants " +
		"to call something asks for that one interface (ept_map), which is not counted; the whole list is of use only to who wants to know what there is. " +
		"One list is told with low risk, three servers' with more. What looks the same: a vulnerability scanner, and an administrator's rpcdump or portqry.",
	Category: "recon", Tactics: []string{"TA0007"}, Techniques: []string{"T1046"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindDCERPC}, Version: 1,
	Background: "The endpoint mapper on port 135 tells anyone, without a password, which interfaces a Windows host offers and on which ports and pipes. " +
		"Attackers read from it what runs there: the print spooler, the task scheduler, the encrypting file system, each with attacks of its own.",
	Mitigation: []string{
		"Ask who runs the offender whether it scans by order; if not, look what it did next at the same servers.",
		"Allow port 135 only from hosts that call remote procedures, which most need of domain controllers alone.",
		"Require authentication for the endpoint mapper (RestrictRemoteClients).",
	},
	New:    func() detect.Detector { return NewRPCEnum(RPCEnumDefaults()) },
	Tuning: detect.Tuned(RPCEnumDefaults, NewRPCEnum),
}

// RPCEnumTunables are what may be set.
type RPCEnumTunables struct {
	Lists   int           `tune:"requests for the whole list" min:"1" max:"10000"`
	Servers int           `tune:"servers asked, from which on it is a sweep" min:"2" max:"10000"`
	Idle    time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"168h"`
	Hosts   int           `tune:"hosts watched" min:"100" max:"1000000"`
}

// RPCEnumDefaults are the tunables that the project stands for.
func RPCEnumDefaults() RPCEnumTunables {
	return RPCEnumTunables{Lists: 1, Servers: 3, Idle: time.Hour, Hosts: 5_000}
}

// RPCLists counts, for each host, the servers whose list it asked for.
type RPCLists struct {
	tune RPCEnumTunables
	*detect.Cases
}

const rpcSwept uint64 = 1

// NewRPCEnum makes the detector.
func NewRPCEnum(t RPCEnumTunables) *RPCLists {
	return &RPCLists{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle})}
}

// Observe counts requests for a list.
func (d *RPCLists) Observe(r events.Record, _ device.View) []detect.Finding {
	c, ok := r.(*events.DCERPC)
	if !ok || !(c.Endpoint == "epmapper" && c.Operation == "ept_lookup" || c.Endpoint == "mgmt" && c.Operation == "inq_if_ids") {
		return nil
	}
	key := detect.CaseKey{VNI: c.VNI, By: c.OrigH}
	one := d.Note(key, &c.Head)
	one.Against(detect.Party{Addr: c.RespH, Port: c.RespP, Endpoint: detect.Server})
	news := one.Reached(one.Count, d.tune.Lists)
	if one.Flags&rpcSwept == 0 && one.Hosts.Count() >= d.tune.Servers {
		one.Flags |= rpcSwept
		news, one.Told = true, one.Count
	}
	if !news {
		return nil
	}
	return []detect.Finding{d.report(key, one)}
}

// Tick has nothing to do: requests are told when they are made.
func (d *RPCLists) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *RPCLists) Close(device.View) []detect.Finding { return d.LastWords(d.report) }

func (d *RPCLists) report(k detect.CaseKey, one *detect.Case) detect.Finding {
	servers := one.Hosts.Count()
	f := one.Finding(k, 0.75, fmt.Sprintf("%s asked for the whole list of RPC endpoints %s, of %s.", k.By, rpcCount(one.Count, "time"), rpcCount(servers, "server")))
	f.Properties = map[string]any{"requests": one.Count, "servers": servers}
	if one.Flags&rpcSwept != 0 {
		f.Terms = []events.Term{{Name: "sweep", Points: 20, Reason: "several servers were asked"}}
	}
	return f
}

// rpcCount says how many there are of something: "1 server", "3 servers".
func rpcCount(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
