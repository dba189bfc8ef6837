package access

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// What the detectors of injections over HTTP share: a request carries a value that is an attack, one host sends it to one or many servers,
// and the answer may show that it worked. What such a value looks like is all that is left to each of them.

// WebAttackTunables are what may be set of a detector of injections.
type WebAttackTunables struct {
	Attempts  int           `tune:"requests with a value that could be a mistake, too, from which on they are told of" min:"1" max:"100000"`
	Idle      time.Duration `tune:"an offender that rests this long begins anew" min:"1m" max:"168h"`
	Offenders int           `tune:"hosts watched" min:"16" max:"1000000"`
}

// webAttackDefaults: a person mistypes a quote once or twice, and a tool tries dozens of them.
func webAttackDefaults() WebAttackTunables {
	return WebAttackTunables{Attempts: 5, Idle: 6 * time.Hour, Offenders: 4_096}
}

// webValue is a suspicious value of a request: where it stood, under which name, and what it says in small letters.
type webValue struct {
	place, name, text string
	raw               string // as the record has it
}

// webRules is one kind of injection.
type webRules struct {
	what string // "an SQL injection"
	find func(r *events.HTTP, v *webValue) (rule string, sure bool)
	// proofs are the marks of an answer that show that it worked, and how a person says it.
	proofs []webProof
}

type webProof struct{ mark, words string }

// WebAttacks counts the requests with one kind of injection, by who sends them.
type WebAttacks struct {
	tune  WebAttackTunables
	rules webRules
	*detect.Cases
}

func newWebAttacks(t WebAttackTunables, rules webRules) *WebAttacks {
	return &WebAttacks{tune: t, rules: rules, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Offenders, Idle: t.Idle})}
}

// Observe looks at the values that the sensor found worth keeping; most requests have none.
func (w *WebAttacks) Observe(rec events.Record, v device.View) []detect.Finding {
	r, ok := rec.(*events.HTTP)
	if !ok || len(r.Suspicious) == 0 {
		return nil
	}
	for _, line := range r.Suspicious {
		value := webValueOf(line)
		if rule, sure := w.rules.find(r, &value); rule != "" {
			return w.count(r, &value, rule, sure)
		}
	}
	return nil
}

// count notes one request. One that is sure is told of at once, and so is the first whose answer shows that it worked.
func (w *WebAttacks) count(r *events.HTTP, value *webValue, rule string, sure bool) []detect.Finding {
	k := detect.CaseKey{VNI: r.VNI, By: r.OrigH}
	c := w.Note(k, &r.Head)
	c.Against(detect.Party{Addr: r.RespH, Port: r.RespP, Endpoint: detect.Server})
	c.Thing(cut(value.raw, 160))
	if c.Sum++; sure {
		c.Sum += uint64(w.tune.Attempts)
	}
	news := w.worked(c, r)
	if !c.Reached(int(min(c.Sum, 1<<30)), w.tune.Attempts) && !news {
		return nil
	}
	c.Told = c.Count
	return []detect.Finding{w.report(k, c)}
}

// worked notes what an answer shows, and says whether it is the first to show anything.
func (w *WebAttacks) worked(c *detect.Case, r *events.HTTP) bool {
	before := c.Flags
	for i, p := range w.rules.proofs {
		for _, mark := range r.AnswerMarks {
			if mark == p.mark {
				c.Flags |= 1 << i
			}
		}
	}
	return before == 0 && c.Flags != 0
}

func (w *WebAttacks) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	where := c.Head.RespH.String()
	if n := c.Hosts.Count(); n > 1 {
		where = fmt.Sprintf("%d servers", n)
	}
	text := fmt.Sprintf("%s sent %s %d requests that carry %s", c.Head.OrigH, where, c.Count, w.rules.what)
	if c.Count == 1 {
		text = fmt.Sprintf("%s sent %s a request that carries %s", c.Head.OrigH, where, w.rules.what)
	}
	if len(c.Names) > 0 {
		text += fmt.Sprintf(", such as %q", cut(c.Names[0], 120))
	}
	f := c.Finding(k, 0.85, text)
	f.Properties = map[string]any{"requests": c.Count, "servers": c.Hosts.Count(), "values": c.Names, "success": c.Flags != 0}
	if c.Flags == 0 {
		f.Description += "; no answer shows that it worked."
		f.Terms = []events.Term{{Name: "attempt_only", Points: -20, Reason: "no answer shows that it worked"}}
		return f
	}
	var shown []string
	for i, p := range w.rules.proofs {
		if c.Flags>>i&1 != 0 {
			shown = append(shown, p.words)
		}
	}
	f.Description += fmt.Sprintf("; an answer holds %s.", strings.Join(shown, " and "))
	f.Confidence = 0.95
	f.Properties["answer_holds"] = shown
	f.Terms = []events.Term{{Name: "success_shown", Points: 20, Reason: "an answer holds " + shown[0]}}
	return f
}

// Tick has nothing to do: a request is told of when it is seen.
func (w *WebAttacks) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (w *WebAttacks) Close(device.View) []detect.Finding { return w.LastWords(w.report) }

// webValueOf takes a line of a record apart: "query id: 1' or 1=1".
func webValueOf(line string) webValue {
	v := webValue{raw: line}
	head, text, ok := strings.Cut(line, ": ")
	if !ok {
		head, text, _ = strings.Cut(line, ":")
	}
	v.place, v.name, _ = strings.Cut(head, " ")
	v.name = strings.ToLower(v.name)
	v.text = webLower(webUnescape(text))
	return v
}

// webLower makes small letters of the ASCII ones only: bytes that are no text are part of some attacks, and must stay as they are.
func webLower(s string) string {
	out := []byte(s)
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c | 0x20
		}
	}
	return string(out)
}

// webUnescape undoes how a record writes down bytes that are no text: "\x0a", and a backslash twice.
func webUnescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if s[i+1] == '\\' {
				out = append(out, '\\')
				i++
				continue
			}
			if s[i+1] == 'x' && i+3 < len(s) && hexDigit(s[i+2]) < 16 && hexDigit(s[i+3]) < 16 {
				out = append(out, hexDigit(s[i+2])<<4|hexDigit(s[i+3]))
				i += 3
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// webHasAny gives the first of the marks that stands in a text, or "".
func webHasAny(text string, marks []string) string {
	for _, m := range marks {
		if strings.Contains(text, m) {
			return m
		}
	}
	return ""
}

// webPath is the part of a URI that names the resource, in small letters.
func webPath(uri string) string {
	if i := strings.IndexByte(uri, '?'); i >= 0 {
		uri = uri[:i]
	}
	return strings.ToLower(uri)
}

func webLetter(c byte) bool { return c >= 'a' && c <= 'z' }

func webWordByte(c byte) bool { return webLetter(c) || c >= '0' && c <= '9' || c == '_' }

// webWord says where a whole word stands in a text in small letters, from a place on; -1 for nowhere.
func webWord(text, word string, from int) int {
	for from < len(text) {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return -1
		}
		i += from
		end := i + len(word)
		if (i == 0 || !webWordByte(text[i-1])) && (end == len(text) || !webWordByte(text[end])) {
			return i
		}
		from = i + 1
	}
	return -1
}
