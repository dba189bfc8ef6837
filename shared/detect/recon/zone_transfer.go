package recon

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// ZoneTransfer finds a host that has a name server give out everything it knows of a domain.
var ZoneTransfer = detect.Spec{
	Type:  "recon.zone_transfer",
	Title: "DNS zone transfer",
	Text: "Looks for requests for a whole zone (AXFR, or IXFR that is answered with one) by a host that does not serve DNS itself, and says " +
		"whether it was given. One request is enough; one that was refused is of low risk. What looks the same: a second name server, which " +
		"fetches the zone from the first again and again; hosts that answer DNS themselves do not count.",
	Category: "recon", Tactics: []string{"TA0043"}, Techniques: []string{"T1590.002"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindDNS}, Version: 1,
	Background: "Name servers of one domain copy the zone from each other by a transfer. A server that gives it to anybody gives away the names " +
		"and addresses of all hosts: a map of the network, without a scan.",
	Mitigation: []string{
		"Allow transfers only to the addresses of the second servers, and by key (TSIG).",
		"See which names the zone holds, and take it that the offender knows them all.",
		"Find out who asked on the offender, and what for.",
	},
	New:    func() detect.Detector { return NewZoneTransfer(ZoneTransferDefaults()) },
	Tuning: detect.Tuned(ZoneTransferDefaults, NewZoneTransfer),
}

// ZoneTransferTunables are what may be set.
type ZoneTransferTunables struct {
	Requests int           `tune:"requests for a zone between two hosts" min:"1" max:"1000000"`
	Idle     time.Duration `tune:"a pair that rests this long begins anew" min:"1m" max:"168h"`
	Pairs    int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// ZoneTransferDefaults are the tunables that the project stands for.
func ZoneTransferDefaults() ZoneTransferTunables {
	return ZoneTransferTunables{Requests: 1, Idle: 24 * time.Hour, Pairs: 5_000}
}

// ZoneTransferrer counts requests for zones by pair of hosts.
type ZoneTransferrer struct {
	tune ZoneTransferTunables
	*detect.Cases
}

// NewZoneTransfer makes the detector.
func NewZoneTransfer(t ZoneTransferTunables) *ZoneTransferrer {
	return &ZoneTransferrer{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Idle})}
}

// given is the flag of a case in which a zone was given.
const given = 1

// Observe looks for requests. Sum counts the records that were announced; what follows the first message of a transfer is an answer
// whose question was answered before.
func (z *ZoneTransferrer) Observe(r events.Record, v device.View) []detect.Finding {
	q, ok := r.(*events.DNS)
	if !ok || !isTransfer(q) || v.Orig.OffersPort(device.UDP, 53) || v.Orig.OffersPort(device.TCP, 53) {
		return nil
	}
	k := detect.CaseKey{VNI: q.VNI, By: q.OrigH, To: q.RespH}
	one := z.Note(k, &q.Head)
	if name := strings.ToLower(q.Query); name != "" {
		one.Thing(name)
	}
	records := max(int(q.AnswerRecords), len(q.Answers))
	one.Sum += uint64(records)
	news := false
	if records > 1 && q.RCode != nil && *q.RCode == 0 {
		news = one.Raised() && one.Flags&given == 0
		one.Flags |= given
	}
	if !one.Reached(one.Count, z.tune.Requests) && !news {
		return nil
	}
	return []detect.Finding{z.report(k, one)}
}

// isTransfer says whether a record is of a request for a zone. A refused one answers with a code; an IXFR that finds nothing new is
// answered with one record.
func isTransfer(q *events.DNS) bool {
	kind := q.QTypeName
	if kind == "" {
		kind = q.QuestionType
	}
	return kind == "AXFR" || kind == "IXFR" && (len(q.Answers) > 1 || q.AnswerRecords > 1)
}

// Tick has nothing to do: it is told when it happens.
func (z *ZoneTransferrer) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (z *ZoneTransferrer) Close(device.View) []detect.Finding { return z.LastWords(z.report) }

func (z *ZoneTransferrer) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	zone := "a zone"
	if len(c.Names) > 0 {
		zone = fmt.Sprintf("the zone %q", c.Names[0])
	}
	if n := c.Things.Count(); n > 1 {
		zone = c.Things.Text() + " zones"
	}
	said, confidence := fmt.Sprintf("%s asked %s for %s as a whole, and was given %d records.", k.By, k.To, zone, c.Sum), 0.9
	if c.Flags&given == 0 {
		said, confidence = fmt.Sprintf("%s asked %s for %s as a whole, and was not given it.", k.By, k.To, zone), 0.6
	}
	f := c.Finding(k, confidence, said)
	f.Properties = map[string]any{"zones": c.Names, "records": c.Sum, "messages": c.Count, "given": c.Flags&given != 0}
	if c.Flags&given == 0 {
		f.Terms = []events.Term{{Name: "refused", Points: -20, Reason: "the server did not give the zone"}}
	}
	return f
}
