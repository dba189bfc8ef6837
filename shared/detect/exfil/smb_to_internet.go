package exfil

import (
	"fmt"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// SMBToInternet finds file sharing that crosses the edge.
var SMBToInternet = detect.Spec{
	Type:  "exfil.smb_to_internet",
	Title: "SMB across the edge",
	Text: "Looks for conversations of SMB in which both sides spoke, between a local host and one outside, in either direction; and says whether a log-in by NTLM was " +
		"made, and how many bytes of files went through. A document or a mail with a link to a file outside makes Windows log in there by itself, " +
		"which gives the user's response to be broken at leisure. What looks the same: file storage of a cloud that is reached over the Internet " +
		"(Azure Files), and networks of the house that are not named as local. Told at low risk, once a local host.",
	Category: "exfil", Tactics: []string{"TA0006", "TA0010"}, Techniques: []string{"T1187", "T1048"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindConn, events.KindNTLM, events.KindSMBFiles}, Version: 1,
	Background: "SMB was made for the local network: names, responses to passwords and, before version 3, the files themselves go in the clear. Attackers send links to their own " +
		"servers, because a look at such a link is enough to get the user's response to a challenge, from which a weak password is found within hours; " +
		"and they look for servers that share files with the whole Internet. Data can leave this way, too.",
	Mitigation: []string{
		"Close ports 445 and 139 to the Internet, in both directions; name the cloud storage that is really used.",
		"If a log-in was made: change that user's password, and find the document or mail that led there.",
		"Add the network to the local ones if it belongs to the house.",
	},
	New:    func() detect.Detector { return NewSMBToInternet(SMBToInternetDefaults()) },
	Tuning: detect.Tuned(SMBToInternetDefaults, NewSMBToInternet),
}

// SMBToInternetTunables are what may be set.
type SMBToInternetTunables struct {
	Hosts int `tune:"hosts watched" min:"100" max:"1000000"`
}

// SMBToInternetDefaults are the tunables that the project stands for.
func SMBToInternetDefaults() SMBToInternetTunables { return SMBToInternetTunables{Hosts: 5_000} }

// EdgeShares remembers who shares files across the edge.
type EdgeShares struct{ *detect.Cases }

// Flags of a case.
const (
	edgeLogon  = 1 << iota // a user's response went out
	edgeWorked             // and was accepted
)

// edgeIn names the case of a host outside that comes in.
const edgeIn = "in"

// NewSMBToInternet makes the detector.
func NewSMBToInternet(t SMBToInternetTunables) *EdgeShares {
	return &EdgeShares{detect.NewCases(detect.CasesOptions{Limit: t.Hosts})}
}

// Observe looks at one conversation, or at what was done in it.
func (e *EdgeShares) Observe(r events.Record, v device.View) []detect.Finding {
	if v.Orig == nil || v.Resp == nil || v.Orig.IsExternal() == v.Resp.IsExternal() {
		return nil
	}
	flags, bytes := uint64(0), uint64(0)
	switch r := r.(type) {
	case *events.Conn:
		if r.Interim || r.RespBytes == 0 || !edgeSMB(r.Service) {
			return nil
		}
	case *events.NTLM:
		if r.Carrier != "smb" || r.Anonymous {
			return nil
		}
		if flags = edgeLogon; r.Success != nil && *r.Success {
			flags |= edgeWorked
		}
	case *events.SMBFiles:
		bytes = r.Bytes
	default:
		return nil
	}
	return e.note(r.Common(), v, flags, bytes)
}

func edgeSMB(services string) bool {
	for s := range strings.SplitSeq(services, ",") {
		if s == "smb" {
			return true
		}
	}
	return false
}

func (e *EdgeShares) note(h *events.Head, v device.View, flags, bytes uint64) []detect.Finding {
	k := detect.CaseKey{VNI: h.VNI, By: h.OrigH}
	if v.Orig.IsExternal() {
		k.What = edgeIn
	}
	c := e.Note(k, h)
	c.Against(detect.Party{Addr: h.RespH, Port: h.RespP, Endpoint: detect.Server})
	news := flags&^c.Flags != 0
	c.Flags |= flags
	c.Sum += bytes
	if !c.Reached(c.Hosts.Count(), 1) && !news {
		return nil
	}
	c.Told = c.Count
	return []detect.Finding{e.report(k, c)}
}

// Tick has nothing to do: a conversation is told when its record comes.
func (e *EdgeShares) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (e *EdgeShares) Close(device.View) []detect.Finding { return e.LastWords(e.report) }

func (e *EdgeShares) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	where, n := "outside", c.Hosts.Count()
	if k.What == edgeIn {
		where = "of the local networks"
	}
	text := fmt.Sprintf("%s shares files by SMB with %d hosts %s", k.By, n, where)
	if n == 1 {
		text = fmt.Sprintf("%s shares files by SMB with %s, a host %s", k.By, c.Victims[0].Addr, where)
	}
	var terms []events.Term
	if c.Flags&edgeLogon != 0 {
		text += ", and logged in there by NTLM"
		terms = append(terms, events.Term{Name: "log_in", Points: 5, Reason: "a response to a challenge went across the edge"})
	}
	f := c.Finding(k, 0.8, fmt.Sprintf("%s; %d bytes of files went through.", text, c.Sum))
	f.Terms = terms
	f.Properties = map[string]any{
		"hosts": n, "bytes": c.Sum, "log_in": c.Flags&edgeLogon != 0, "log_in_worked": c.Flags&edgeWorked != 0, "inbound": k.What == edgeIn,
	}
	return f
}
