package c2

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
)

// reason is why a host is suspected.
type reason uint8

const (
	nothing reason = iota
	oddOnesMissing
	oddOnesAsked
	wordsMissing
)

// why says whether a host's names are enough for a suspicion, how many speak for it, and from how many on.
func (g *Generated) why(n *asker, bar int) (why reason, names, first int) {
	failed, sure, gone := n.failed.Count(), n.sure.Count(), n.failed.Count()+n.plain.Count()
	switch {
	case failed >= bar*g.tune.Failed && float64(failed) >= g.tune.Share*float64(gone):
		return oddOnesMissing, failed, bar * g.tune.Failed
	case sure >= bar*g.tune.Sure && float64(sure) >= g.tune.Most*float64(n.asked.Count()):
		return oddOnesAsked, sure, bar * g.tune.Sure
	case gone >= bar*g.tune.Words && float64(gone) >= g.tune.Missing*float64(n.asked.Count()):
		return wordsMissing, gone, bar * g.tune.Words
	}
	return nothing, 0, 0
}

// report says what is worth an alert: enough names, the next order of magnitude of them, a better reason, or the first that resolves after
// an alert.
func (g *Generated) report(n *asker, bar int) []detect.Finding {
	why, names, first := g.why(n, bar)
	if why == nothing {
		return nil
	}
	if n.told > 0 && why < n.why {
		n.ladder = magnitude.Ladder{}
	}
	if !n.ladder.Climb(float64(names), float64(first)) && len(n.reached) <= n.reachedTold {
		return nil
	}
	n.why = why
	return []detect.Finding{g.finding(n)}
}

func (g *Generated) finding(n *asker) detect.Finding {
	d := &n.head
	n.told, n.reachedTold = n.count(), len(n.reached)
	failed, plain, sure := n.failed.Count(), n.plain.Count(), n.sure.Count()
	share := 0.0
	if failed > 0 {
		share = float64(failed) / float64(failed+plain)
	}
	f := detect.Finding{
		Key: d.OrigH.String(), Confidence: 0.55 + 0.25*share, Start: n.start, End: n.last, UIDs: n.uids, VNI: d.VNI, Sensor: d.Sensor,
		Offenders:   []detect.Party{{Addr: d.OrigH, Endpoint: detect.Client}},
		Description: n.sentence(),
		Properties: map[string]any{
			"failed": failed, "failed_share": round2(share), "sure": sure, "domains": n.asked.Count(), "resolver": d.RespH.String(),
			"examples": append([]string(nil), n.examples...),
		},
	}
	if len(n.examples) > 0 {
		f.Properties["marks"] = g.marks(n.examples[0])
	}
	switch n.why {
	case oddOnesAsked:
		f.Terms = append(f.Terms, events.Term{Name: "none_failed", Points: -10, Reason: "the names were not seen to be missing"})
	case wordsMissing:
		f.Confidence = 0.5
		f.Properties["examples"] = append([]string(nil), n.words...)
		delete(f.Properties, "marks")
		f.Terms = append(f.Terms, events.Term{Name: "like_words", Points: -15, Reason: "the names look honest; it is only that so many are missing"})
	}
	if sure >= g.tune.Failed {
		f.Confidence += 0.1
	}
	if len(n.reached) > 0 {
		f.Properties["reached"] = append([]string(nil), n.reached...)
		f.Terms = append(f.Terms, events.Term{Name: "generated_name_resolved", Points: 10, Reason: n.reached[0]})
	}
	return f
}

func (n *asker) sentence() string {
	took := detect.Lasted(n.last.Sub(n.start))
	var text string
	list := n.examples
	switch n.why {
	case oddOnesAsked:
		text = fmt.Sprintf("%s asked for %d different domains that look generated within %s", n.head.OrigH, n.sure.Count(), took)
	case wordsMissing:
		text, list = fmt.Sprintf("%s asked for %d different domains that do not exist within %s, of %d in all", n.head.OrigH,
			n.failed.Count()+n.plain.Count(), took, n.asked.Count()), n.words
	default:
		text = fmt.Sprintf("%s asked for %d different domains that look generated and do not exist within %s", n.head.OrigH, n.failed.Count(), took)
	}
	if len(list) > 0 {
		text += ", such as " + list[len(list)-1]
	}
	if len(n.reached) > 0 {
		name, address, _ := strings.Cut(n.reached[0], " ")
		text += fmt.Sprintf("; %s resolved to %s", name, address)
	}
	return text + "."
}

// maxMarks is how many reasons a person is shown.
const maxMarks = 6

// marks are the loudest reasons why a name looks generated.
func (g *Generated) marks(name string) []string {
	var list []string
	for _, r := range g.model.Explain(name, maxMarks) {
		list = append(list, fmt.Sprintf("%s %+.2f", r.What, r.Points))
	}
	return list
}

// firstAddress is the first answer that is an address of a host: filters answer with none, and with their own loopback.
func firstAddress(answers []string) string {
	for _, a := range answers {
		if ip, err := netip.ParseAddr(a); err == nil && !ip.IsUnspecified() && !ip.IsLoopback() {
			return a
		}
	}
	return ""
}
