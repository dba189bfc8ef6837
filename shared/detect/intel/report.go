package intel

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	indicators "github.com/mirrorwatch/mirrorwatch/shared/intel"
)

// Points of how far a contact went. The base stands for a host here that spoke with what is listed.
const (
	pointsAsked   = -20
	pointsTried   = -15
	pointsTaken   = -15
	pointsKnocked = -50 // the Internet is full of them
)

// Points of what makes an indicator weaker.
const (
	pointsUnsure      = -35
	pointsAging       = -15
	pointsOld         = -50 // also of one that has expired
	pointsFingerprint = -10 // honest programs may share it
	pointsForOthers   = -15 // a resolver or gateway does it for somebody else
)

func (m *Matches) finding(p *match, v device.View) detect.Finding {
	c := &p.latest
	in := &c.in
	f := detect.Finding{
		Key: c.host.String() + " " + in.Kind.String() + " " + in.Value, Confidence: float64(in.Confidence) / 100,
		Start: p.start, End: p.last, UIDs: append([]string(nil), p.uids...), VNI: c.head.VNI, Sensor: c.head.Sensor,
		Terms: m.terms(p, v), Properties: properties(p),
	}
	if p.reach == knocked {
		f.Key = in.Kind.String() + " " + in.Value
	}
	f.Offenders, f.Victims = parties(p)
	f.Description = sentence(p)
	return f
}

// parties: who is listed offends; a host here that only looked a name up has nobody against it.
func parties(p *match) (offenders, victims []detect.Party) {
	c := &p.latest
	here := detect.Party{Addr: c.host, Endpoint: detect.Client}
	there := detect.Party{Addr: c.listed, Endpoint: detect.Server, Port: c.head.RespP}
	if p.reach == knocked || c.reach == taken {
		here.Endpoint, here.Port, there.Endpoint, there.Port = detect.Server, c.head.RespP, detect.Client, 0
	}
	if c.mine {
		here.Port = 0
		return []detect.Party{here}, nil
	}
	if !c.listed.IsValid() {
		return nil, []detect.Party{here}
	}
	return []detect.Party{there}, []detect.Party{here}
}

func (m *Matches) terms(p *match, v device.View) []events.Term {
	c, in := &p.latest, &p.latest.in
	var list []events.Term
	add := func(name string, points int, reason string) {
		list = append(list, events.Term{Name: name, Points: points, Reason: reason})
	}
	switch p.reach {
	case asked:
		add("only_looked_up", pointsAsked, "a name was looked up, and no conversation was seen")
	case tried:
		add("no_answer", pointsTried, "it did not answer")
	case taken:
		add("from_outside", pointsTaken, "it turned to a host here, and was answered")
	case knocked:
		add("from_outside", pointsKnocked, "it turned to hosts here, and nothing answered")
	}
	at := second(p.last)
	switch days := age(in, at); {
	case in.Until != 0 && at > in.Until:
		add("expired", pointsOld, "the list vouched for it until "+date(in.Until))
	case days >= m.tune.Old.Hours()/24:
		add("old", pointsOld, fmt.Sprintf("listed %.0f days before", days))
	case days >= m.tune.Aging.Hours()/24:
		add("aging", pointsAging, fmt.Sprintf("listed %.0f days before", days))
	}
	if int(in.Confidence) < m.tune.Unsure {
		add("unsure", pointsUnsure, fmt.Sprintf("the list is sure of it to %d of 100", in.Confidence))
	}
	if in.Kind == indicators.JA3 || in.Kind == indicators.JA4 {
		add("fingerprint", pointsFingerprint, "honest programs may have the same")
	}
	if k := v.Known(); p.reach != knocked && (k.DNSServer(c.host) || k.Gateway(c.host)) {
		add("for_others", pointsForOthers, "a resolver or gateway acts for others")
	}
	return list
}

// age is how many days before a moment an indicator was listed; 0 where nobody says.
func age(in *indicators.Indicator, at int64) float64 {
	if in.From == 0 {
		return 0
	}
	return math.Max(float64(at-in.From), 0) / 86400
}

func date(t int64) string { return time.Unix(t, 0).UTC().Format(time.DateOnly) }

func properties(p *match) map[string]any {
	c, in := &p.latest, &p.latest.in
	m := map[string]any{
		"indicator": in.Value, "indicator_kind": in.Kind.String(), "source": in.Source, "indicator_confidence": int(in.Confidence),
		"observed": c.observed, "contact": p.reach.String(), "contacts": p.count,
	}
	if in.From != 0 {
		m["listed_since"] = date(in.From)
		m["age_days"] = int(age(in, second(p.last)))
	}
	if in.Until != 0 {
		m["valid_until"] = date(in.Until)
	}
	if in.Text != "" {
		m["listed_as"] = in.Text
	}
	if c.late {
		m["retroactive"] = true
	}
	return m
}

func sentence(p *match) string {
	c, in := &p.latest, &p.latest.in
	did := map[reach]string{
		asked: "looked up", tried: "turned in vain to", talked: "talked with", taken: "answered", knocked: "was called in vain by",
	}[p.reach]
	if c.mine {
		did = "bears"
	}
	what := in.Value
	if c.observed != in.Value && c.observed != "" {
		what = fmt.Sprintf("%s (%s)", c.observed, in.Value)
	}
	text := fmt.Sprintf("%s %s %s, %s that %s lists", c.host, did, what, kindText(in.Kind), in.Source)
	if in.From != 0 {
		text += " since " + date(in.From)
	}
	text += fmt.Sprintf(" with confidence %d", in.Confidence)
	if p.count > 1 {
		text += fmt.Sprintf(", %d times", p.count)
	}
	if c.late {
		text += "; that was seen before it was listed"
	}
	return text + "."
}

// kindText is a kind in a sentence.
func kindText(k indicators.Kind) string {
	switch k {
	case indicators.Address:
		return "an address"
	case indicators.URL, indicators.JA3, indicators.JA4:
		return "a " + strings.ToUpper(k.String())
	}
	return "a " + strings.ReplaceAll(k.String(), "_", " ")
}
