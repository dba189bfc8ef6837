package access

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// HTTPSmuggling finds requests whose end two servers see in different places.
var HTTPSmuggling = detect.Spec{
	Type:  "access.http_smuggling",
	Title: "HTTP request smuggling",
	Text: "Looks for requests that state their length in two ways (Content-Length and chunked, two lengths that differ), for a transfer coding written so that one server " +
		"reads it as chunked and another does not, for two lines of transfer codings, and for line feeds in a value with a request line behind them. One such request is told of. " +
		"RFC 9112 forbids clients to send them; what looks the same are a few old clients of embedded devices, which send both lengths to their own server only.",
	Category: "access", Tactics: []string{"TA0001"}, Techniques: []string{"T1190"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Medium, Impact: events.Medium},
	Wants: []events.Kind{events.KindHTTP}, Version: 1,
	Background: "Where a load balancer and the server behind it disagree about the end of a request, what is left over becomes the beginning of the next one, which may be somebody else's. " +
		"An attacker puts a request of their own there: past the balancer's rules, or in front of another visitor's cookies.",
	Mitigation: []string{
		"Have the load balancer refuse ambiguous requests: an AWS ALB does with the desync mitigation mode strictest.",
		"Update the server behind it, and have it close a connection whose request it doubts.",
		"Look in the server's log for requests that the balancer's log does not have.",
	},
	New:    func() detect.Detector { return NewHTTPSmuggling(HTTPSmugglingDefaults()) },
	Tuning: detect.Tuned(HTTPSmugglingDefaults, NewHTTPSmuggling),
}

// HTTPSmugglingTunables are what may be set.
type HTTPSmugglingTunables struct {
	Requests int           `tune:"ambiguous requests of one host to another" min:"1" max:"10000"`
	Idle     time.Duration `tune:"a pair that rests this long begins anew" min:"1m" max:"168h"`
	Pairs    int           `tune:"pairs of hosts watched" min:"16" max:"1000000"`
}

// HTTPSmugglingDefaults are the tunables that the project stands for.
func HTTPSmugglingDefaults() HTTPSmugglingTunables {
	return HTTPSmugglingTunables{Requests: 1, Idle: 6 * time.Hour, Pairs: 4_096}
}

// smugglingMarks are those of the record, and how a person says them.
var smugglingMarks = []struct{ mark, words string }{
	{"length_and_chunked", "a length and a transfer coding"}, {"lengths_differ", "two lengths that differ"}, {"odd_transfer_encoding", "a transfer coding that servers read differently"},
	{"two_transfer_encodings", "two lines of transfer codings"}, {"split_request", "a request inside a value"},
}

// Smugglers counts ambiguous requests by who sends them to whom.
type Smugglers struct {
	tune HTTPSmugglingTunables
	*detect.Cases
}

// NewHTTPSmuggling makes the detector.
func NewHTTPSmuggling(t HTTPSmugglingTunables) *Smugglers {
	return &Smugglers{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Idle})}
}

// Observe looks at the marks of a request.
func (s *Smugglers) Observe(rec events.Record, v device.View) []detect.Finding {
	r, ok := rec.(*events.HTTP)
	if !ok || len(r.RequestMarks) == 0 && len(r.Suspicious) == 0 {
		return nil
	}
	flags := smugglingFlags(r)
	if flags == 0 {
		return nil
	}
	k := detect.CaseKey{VNI: r.VNI, By: r.OrigH, To: r.RespH}
	c := s.Note(k, &r.Head)
	c.Flags |= flags
	if !c.Reached(c.Count, s.tune.Requests) {
		return nil
	}
	return []detect.Finding{s.report(k, c)}
}

func smugglingFlags(r *events.HTTP) (flags uint64) {
	for i, m := range smugglingMarks {
		if slices.Contains(r.RequestMarks, m.mark) {
			flags |= 1 << i
		}
	}
	for _, line := range r.Suspicious {
		v := webValueOf(line)
		i := strings.Index(v.text, "\r\n")
		if i >= 0 && (v.place == "path" || v.place == "query") && webHasAny(v.text[i:], []string{" http/1.1\r\n", " http/1.0\r\n", "transfer-encoding:", "content-length:"}) != "" {
			flags |= 1 << (len(smugglingMarks) - 1)
		}
	}
	return flags
}

func (s *Smugglers) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	var words, marks []string
	for i, m := range smugglingMarks {
		if c.Flags>>i&1 != 0 {
			words, marks = append(words, m.words), append(marks, m.mark)
		}
	}
	f := c.Finding(k, 0.8, fmt.Sprintf("%s sent %s port %d %d requests whose end two servers may see in different places: %s.",
		k.By, k.To, c.Head.RespP, c.Count, strings.Join(words, ", ")))
	f.Properties = map[string]any{"requests": c.Count, "marks": marks, "port": c.Head.RespP}
	return f
}

// Tick has nothing to do: a request is told of when it is seen.
func (s *Smugglers) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (s *Smugglers) Close(device.View) []detect.Finding { return s.LastWords(s.report) }
