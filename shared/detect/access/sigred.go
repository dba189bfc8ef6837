package access

import (
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// SIGRed finds answers that were built to break Windows DNS servers.
var SIGRed = detect.Spec{
	Type:  "access.sigred",
	Title: "SIGRed",
	Text: "Looks for answers to questions for SIG records that come over TCP and are longer than 16 KiB (CVE-2020-1350): one is enough. Nobody " +
		"has used SIG for the names of a zone since 2005, and a signature takes a few hundred bytes. What looks the same: nothing; " +
		"DNSSEC of today asks for RRSIG.",
	Category: "access", Tactics: []string{"TA0008", "TA0001"}, Techniques: []string{"T1210"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindDNS}, Version: 1,
	Background: "Windows DNS servers reckoned the length of a SIG record in 16 bits. The attacker has the server ask for such a record of a " +
		"domain of the attacker's, answers that the answer is too long for UDP, and sends one of 64 KiB over TCP: the server writes behind " +
		"its buffer. DNS servers are mostly domain controllers, so that the domain is lost with them.",
	Mitigation: []string{
		"Take it that the DNS server is in the attacker's hands: isolate it, and look at what dns.exe has started.",
		"Patch it (July 2020), or set TcpReceivePacketSize to 0xFF00 until then.",
		"Find the host that had the server ask for the attacker's name: it is broken into, or a page did it.",
		"Block the offender at the edge.",
	},
	New:    func() detect.Detector { return NewSIGRed(SIGRedDefaults()) },
	Tuning: detect.Tuned(SIGRedDefaults, NewSIGRed),
}

// SIGRedTunables are what may be set.
type SIGRedTunables struct {
	Bytes int `tune:"bytes of an answer to a question for SIG" min:"512" max:"65535"`
	Pairs int `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// SIGRedDefaults are the tunables that the project stands for.
func SIGRedDefaults() SIGRedTunables { return SIGRedTunables{Bytes: 16 << 10, Pairs: 1_000} }

// SIGReds counts such answers by pair of hosts.
type SIGReds struct {
	tune SIGRedTunables
	*detect.Cases
}

// NewSIGRed makes the detector.
func NewSIGRed(t SIGRedTunables) *SIGReds {
	return &SIGReds{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs})}
}

// Observe looks for answers that are too long.
func (s *SIGReds) Observe(r events.Record, _ device.View) []detect.Finding {
	q, ok := r.(*events.DNS)
	if !ok || q.Proto != "tcp" || int(q.AnswerBytes) < s.tune.Bytes || q.QTypeName != sigType && q.QuestionType != sigType {
		return nil
	}
	k := detect.CaseKey{VNI: q.VNI, By: q.RespH, To: q.OrigH}
	one := s.Note(k, &q.Head)
	one.Sum = max(one.Sum, uint64(q.AnswerBytes))
	name := q.Query
	if name == "" {
		name = q.Question
	}
	one.Thing(name)
	if !one.Reached(one.Count, 1) {
		return nil
	}
	return []detect.Finding{s.report(k, one)}
}

// sigType is the name of type 24 (RFC 2535 section 4.1).
const sigType = "SIG"

// Tick has nothing to do.
func (s *SIGReds) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (s *SIGReds) Close(device.View) []detect.Finding { return s.LastWords(s.report) }

func (s *SIGReds) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.95, fmt.Sprintf("%s answered a question of %s for a SIG record over TCP with %d bytes (%q), which overruns an unpatched Windows DNS server.",
		k.By, k.To, c.Sum, c.Names[0]))
	f.Properties = map[string]any{"answer_bytes": c.Sum, "query": c.Names[0], "answers": c.Count}
	return f
}
