package access

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// CoercedAuthentication finds a host that makes a server log in somewhere: PetitPotam, the printer bug, DFSCoerce, ShadowCoerce and their like.
var CoercedAuthentication = detect.Spec{
	Type:  "access.coerced_authentication",
	Title: "Coerced authentication",
	Text: "Looks for calls that make a server open a place of the caller's choice, and so log in there: files of the encrypting file system, notifications " +
		"of the print spooler, roots of DFS, shadow copies and event logs, when the place is on another host than the server. One call is enough. Where SMB is " +
		"encrypted and no call is seen, it looks for what follows: a server that, within 30 seconds of a host's log-in, logs in back at that host three times " +
		"with its machine account or without a name. What looks the same: an encrypted call of the encrypting file system that is honest, which hardly anybody " +
		"makes; a printer client that asks for notifications names itself and works with a printer, not with the server alone.",
	Category: "access", Tactics: []string{"TA0006"}, Techniques: []string{"T1187"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.Medium},
	Wants: []events.Kind{events.KindDCERPC, events.KindNTLM}, Version: 1,
	Background: "A server that is told to open \\\\attacker\\share logs in there as its own machine account. The attacker passes the log-in on to another server, " +
		"most often to the one that issues certificates, and becomes the machine; of a domain controller that is the whole domain.",
	Mitigation: []string{
		"Cut the offender off, and look on the certificate authority for certificates that were issued for the victim's machine account.",
		"Require SMB signing everywhere, and Extended Protection on the web pages of the certificate authority; switch NTLM off where it can be.",
		"Install the updates of EFSRPC (2021, 2022), and stop the print spooler and the File Server VSS Agent where nobody needs them.",
		"Let servers open SMB and HTTP only to the hosts that they need: domain controllers to nobody's workstation.",
	},
	New:    func() detect.Detector { return NewCoercedAuthentication(CoercedAuthenticationDefaults()) },
	Tuning: detect.Tuned(CoercedAuthenticationDefaults, NewCoercedAuthentication),
}

// CoercedAuthenticationTunables are what may be set.
type CoercedAuthenticationTunables struct {
	Calls  int           `tune:"calls that name a place elsewhere" min:"1" max:"1000"`
	Backs  int           `tune:"log-ins back at a host that logged in before, by a machine or nobody" min:"2" max:"10000"`
	Within time.Duration `tune:"how soon a server logs in back after it was made to" min:"1s" max:"10m"`
	Pairs  int           `tune:"pairs of hosts watched" min:"100" max:"100000"`
}

// CoercedAuthenticationDefaults are the tunables that the project stands for: Windows tries a place it was sent to several times, while two
// hosts that use each other's shares log in once or twice and keep what they opened.
func CoercedAuthenticationDefaults() CoercedAuthenticationTunables {
	return CoercedAuthenticationTunables{Calls: 1, Backs: 3, Within: 30 * time.Second, Pairs: 20_000}
}

// Coercions remembers, for each pair of hosts, what one made the other do.
type Coercions struct {
	tune CoercedAuthenticationTunables
	*detect.Cases
	waiting []coercedWait // printer notifications of which it is not clear yet what they are for
}

// coercedWait is a call that asks for printer notifications by a handle that is not known, or to a place that is not.
type coercedWait struct {
	printer detect.CaseKey
	head    events.Head
	text    string // operation and place
}

const (
	maxCoercedWaits = 64
	coercedPatience = 10 * time.Second // a client that prints has done something else by then
)

// What a case is about.
const (
	coercedActs  = "acts"  // calls of one host that name a place elsewhere; Names are "operation place", Sum counts the log-ins that follow
	coercedCall  = "call"  // those of one host at another
	coercedLogin = "login" // log-ins of one at the other
	coercedBack  = "back"  // log-ins of the other back at the one
	coercedPrint = "print" // the printer handle that was opened last
)

// What is known of a case.
const (
	coercedCame   uint64 = 1 << iota // the server did log in where it was sent
	coercedSealed                    // where the calls sent the server, or what for, is not sure
	coercedPrints                    // the pair works with printers
)

// NewCoercedAuthentication makes the detector.
func NewCoercedAuthentication(t CoercedAuthenticationTunables) *Coercions {
	return &Coercions{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: time.Hour})}
}

// Observe looks at calls, and at the log-ins that they cause.
func (d *Coercions) Observe(r events.Record, v device.View) []detect.Finding {
	switch r := r.(type) {
	case *events.DCERPC:
		return d.call(r, v)
	case *events.NTLM:
		return d.login(r)
	}
	return nil
}

// Tick tells of printer notifications after which nothing was printed.
func (d *Coercions) Tick(now events.Time, _ device.View) []detect.Finding { return d.settle(now) }

// Close tells of those that still wait, and brings the numbers of what was told up to date.
func (d *Coercions) Close(device.View) []detect.Finding {
	var found []detect.Finding
	if n := len(d.waiting); n > 0 {
		found = d.settle(d.waiting[n-1].head.TS.Add(2 * coercedPatience))
	}
	return append(found, d.LastWords(d.report)...)
}

// settle decides on the notifications that have waited long enough.
func (d *Coercions) settle(now events.Time) []detect.Finding {
	var found []detect.Finding
	for len(d.waiting) > 0 && now.Sub(d.waiting[0].head.TS) >= coercedPatience {
		w := d.waiting[0]
		d.waiting = append(d.waiting[:0], d.waiting[1:]...)
		if one := d.Get(w.printer); one == nil || one.Flags&coercedPrints == 0 {
			found = append(found, d.act(&w.head, w.text, true)...)
		}
	}
	return found
}

func (d *Coercions) call(c *events.DCERPC, v device.View) []detect.Finding {
	if c.Endpoint == "spoolss" {
		d.printer(c)
	}
	confidence, place := d.lures(c, v)
	if confidence == 0 {
		return nil
	}
	return d.act(&c.Head, strings.TrimSpace(c.Operation+" "+place), c.Sealed)
}

// act counts a call. What one host does to many servers is told once.
func (d *Coercions) act(h *events.Head, text string, unsure bool) []detect.Finding {
	d.Note(detect.CaseKey{VNI: h.VNI, By: h.OrigH, To: h.RespH, What: coercedCall}, h)
	key := detect.CaseKey{VNI: h.VNI, By: h.OrigH, What: coercedActs}
	one := d.Note(key, h)
	one.Against(detect.Party{Addr: h.RespH, Port: h.RespP, Endpoint: detect.Server})
	if unsure {
		one.Flags |= coercedSealed
	}
	one.Thing(text)
	if !one.Reached(one.Count, d.tune.Calls) {
		return nil
	}
	return []detect.Finding{d.report(key, one)}
}

// lures says how sure it is that a call sends the server elsewhere, and where to.
func (d *Coercions) lures(c *events.DCERPC, v device.View) (confidence float64, place string) {
	switch c.Endpoint {
	case "efsrpc":
		if c.Sealed && coercesByFile(c.Operation) {
			return 0.6, ""
		}
		return coercedPlace(c, v, coercesByFile(c.Operation))
	case "FileServerVssAgent":
		return coercedPlace(c, v, c.Operation == "IsPathSupported" || c.Operation == "IsPathShadowCopied")
	case "eventlog":
		return coercedPlace(c, v, c.Operation == "ElfrOpenBELW" || c.Operation == "ElfrBackupELFW")
	case "netdfs":
		return coercedRoot(c, v)
	case "spoolss":
		return d.notifies(c, v)
	}
	return 0, ""
}

// coercesByFile says whether an operation of the encrypting file system takes a file's name.
func coercesByFile(operation string) bool {
	switch operation {
	case "EfsRpcOpenFileRaw", "EfsRpcEncryptFileSrv", "EfsRpcDecryptFileSrv", "EfsRpcQueryUsersOnFile", "EfsRpcQueryRecoveryAgents",
		"EfsRpcRemoveUsersFromFile", "EfsRpcAddUsersToFile", "EfsRpcFileKeyInfo", "EfsRpcDuplicateEncryptionInfoFile", "EfsRpcAddUsersToFileEx",
		"EfsRpcFileKeyInfoEx", "EfsRpcGetEncryptedFileMetadata", "EfsRpcSetEncryptedFileMetadata", "EfsRpcEncryptFileExSrv":
		return true
	}
	return false
}

// coercedPlace is the first place on another host that a call names.
func coercedPlace(c *events.DCERPC, v device.View, takes bool) (float64, string) {
	if !takes {
		return 0, ""
	}
	for _, p := range rpcPaths(c.Args) {
		if sure := rpcElsewhere(p.host, c.RespH, v.Resp); sure > 0 {
			return sure, p.host
		}
	}
	return 0, ""
}

// coercedRoot looks at the server that a root of DFS is to be on, which comes first and without backslashes. An administrator names the
// server that he calls, by a name of it; an attack, mostly, an address.
func coercedRoot(c *events.DCERPC, v device.View) (float64, string) {
	switch c.Operation {
	case "NetrDfsAddStdRoot", "NetrDfsRemoveStdRoot", "NetrDfsAddStdRootForced", "NetrDfsAddFtRoot", "NetrDfsRemoveFtRoot":
	default:
		return 0, ""
	}
	server, _, _ := strings.Cut(strings.TrimLeft(c.Args, `\`), " ")
	if sure := rpcElsewhere(server, c.RespH, v.Resp); server != "" && sure > 0.9 {
		return sure, server
	}
	return 0, ""
}

// notifies looks at a print spooler that is asked to report changes to a host. A client of a printer asks so too, by its own name and with a
// printer's handle.
func (d *Coercions) notifies(c *events.DCERPC, v device.View) (float64, string) {
	if c.Operation != "RpcRemoteFindFirstPrinterChangeNotification" && c.Operation != "RpcRemoteFindFirstPrinterChangeNotificationEx" {
		return 0, ""
	}
	sure, place := coercedPlace(c, v, true)
	if sure > 0.9 || sure == 0 && !c.Sealed {
		return sure, place
	}
	one := d.Get(coercedPrinter(c))
	switch {
	case one != nil && one.Flags&coercedPrints != 0:
	case one != nil && one.Sum > 0 && sure > 0:
		return sure, place
	case (c.Sealed || one == nil) && len(d.waiting) < maxCoercedWaits:
		d.waiting = append(d.waiting, coercedWait{printer: coercedPrinter(c), head: c.Head, text: strings.TrimSpace(c.Operation + " " + place)})
	}
	return 0, ""
}

func coercedPrinter(c *events.DCERPC) detect.CaseKey {
	return detect.CaseKey{VNI: c.VNI, By: c.OrigH, To: c.RespH, What: coercedPrint}
}

// printer notes what a client of the print spooler works with: Sum is 1 while its latest handle is that of the server alone.
func (d *Coercions) printer(c *events.DCERPC) {
	switch c.Operation {
	case "RpcOpenPrinter", "RpcSplOpenPrinter":
		one := d.Note(coercedPrinter(c), &c.Head)
		one.Sum = 0
		if p := rpcPaths(c.Args); len(p) > 0 && p[0].deep == 0 {
			one.Sum = 1
		}
	case "RpcClosePrinter", "RpcRemoteFindFirstPrinterChangeNotification", "RpcRemoteFindFirstPrinterChangeNotificationEx",
		"RpcFindClosePrinterChangeNotification", "RpcEnumPrinters", "RpcEnumPrinterDrivers":
	default:
		d.Note(coercedPrinter(c), &c.Head).Flags |= coercedPrints
	}
}

// login notes who logs in at whom, and whether it is a server that was made to.
func (d *Coercions) login(n *events.NTLM) []detect.Finding {
	d.Note(detect.CaseKey{VNI: n.VNI, By: n.OrigH, To: n.RespH, What: coercedLogin}, &n.Head)
	if !n.Anonymous && !strings.HasSuffix(n.Username, "$") {
		return nil
	}
	if one := d.Get(detect.CaseKey{VNI: n.VNI, By: n.RespH, To: n.OrigH, What: coercedCall}); one != nil && n.TS.Sub(one.Last) <= d.tune.Within {
		return d.came(n)
	}
	return d.back(n)
}

// came completes a call that was told of: the server logs in where it was sent, which mostly is the caller.
func (d *Coercions) came(n *events.NTLM) []detect.Finding {
	key := detect.CaseKey{VNI: n.VNI, By: n.RespH, What: coercedActs}
	one := d.Get(key)
	if one == nil || !one.Raised() {
		return nil
	}
	one.Sum++
	d.Memory.Note(key)
	if one.Flags&coercedCame != 0 {
		return nil
	}
	one.Flags |= coercedCame
	one.UIDs = keep(one.UIDs, n.UID)
	return []detect.Finding{d.report(key, one)}
}

// back counts the log-ins of a server at a host that logged in to it shortly before, where no call was seen.
func (d *Coercions) back(n *events.NTLM) []detect.Finding {
	key := detect.CaseKey{VNI: n.VNI, By: n.RespH, To: n.OrigH, What: coercedLogin}
	caller := d.Get(key)
	if caller == nil || caller.Count == 0 {
		return nil
	}
	key.What = coercedBack
	soon := n.TS.Sub(caller.Last) <= d.tune.Within
	if one := d.Get(key); !soon && (one == nil || n.TS.Sub(one.Last) > d.tune.Within) {
		return nil
	}
	one := d.Note(key, &n.Head)
	if !one.Reached(one.Count, d.tune.Backs) {
		return nil
	}
	return []detect.Finding{d.report(key, one)}
}

func (d *Coercions) report(k detect.CaseKey, one *detect.Case) detect.Finding {
	if k.What == coercedBack {
		f := one.Finding(k, 0.6, fmt.Sprintf("%s logged in at %s, which then logged in back %s as a machine or without a name.", k.By, k.To, rpcCount(one.Count, "time")))
		f.Properties = map[string]any{"logins_back": one.Count, "calls": 0}
		return f
	}
	confidence, operation, place := 0.95, "", ""
	if len(one.Names) > 0 {
		operation, place, _ = strings.Cut(one.Names[0], " ")
	}
	victims := one.Hosts.Count()
	text := fmt.Sprintf("%s asked %s %s to open a place at %q", k.By, rpcCount(victims, "server"), rpcCount(one.Count, "time"), place)
	if place == "" {
		text = fmt.Sprintf("%s asked %s %s to open a place that is not known, with %s", k.By, rpcCount(victims, "server"), rpcCount(one.Count, "time"), operation)
	}
	if one.Flags&coercedSealed != 0 {
		confidence = 0.6
	}
	f := one.Finding(k, confidence, "")
	if one.Flags&coercedCame != 0 {
		text += ", and one logged in there"
		f.Terms = []events.Term{{Name: "success_followed", Points: 20, Reason: "the server logged in back"}}
	}
	f.Description = text + "."
	f.Properties = map[string]any{"calls": one.Count, "victims": victims, "logins_back": one.Sum, "place": place, "operations": one.Names}
	return f
}
