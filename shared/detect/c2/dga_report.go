package c2

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// report says what is worth an alert: enough names, the next order of magnitude of them, or the first that resolves after an alert.
func (g *Generated) report(n *asker, fresh bool, bar int) []detect.Finding {
	if !fresh {
		return nil
	}
	failed, sure := n.failed.Count(), n.sure.Count()
	missing := failed >= bar*g.tune.Failed && float64(failed) >= g.tune.Share*float64(failed+n.plain.Count())
	plenty := sure >= bar*g.tune.Sure && float64(sure) >= g.tune.Most*float64(n.asked.Count())
	if !missing && !plenty {
		return nil
	}
	first := bar * g.tune.Failed
	if !missing {
		failed, first = sure, bar*g.tune.Sure
	}
	climbed := n.ladder.Climb(float64(failed), float64(first))
	if !climbed && len(n.reached) <= n.reachedTold {
		return nil
	}
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
	if failed < g.tune.Failed {
		f.Terms = append(f.Terms, events.Term{Name: "none_failed", Points: -10, Reason: "the names were not seen to be missing"})
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
	took := n.last.Sub(n.start).Round(time.Second)
	text := fmt.Sprintf("%s asked for %d different domains that look generated and do not exist within %s", n.head.OrigH, n.failed.Count(), took)
	if n.failed.Count() == 0 {
		text = fmt.Sprintf("%s asked for %d different domains that look generated within %s", n.head.OrigH, n.sure.Count(), took)
	}
	if len(n.examples) > 0 {
		text += ", such as " + n.examples[len(n.examples)-1]
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
