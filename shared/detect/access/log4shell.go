package access

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	"github.com/mirrorwatch/mirrorwatch/shared/domain"
	"github.com/mirrorwatch/mirrorwatch/shared/magnitude"
)

// Log4Shell finds JNDI look-ups sent to Log4j, and victims that follow them.
var Log4Shell = detect.Spec{
	Type:  "access.log4shell",
	Title: "Log4Shell",
	Text: "Reads every part of an HTTP request that may hold a Log4j look-up, unfolds the disguises, and waits for the host under attack " +
		"to ask for the name or to connect to the address that the look-up names: then the look-up was resolved, and the attacker may run " +
		"code (CVE-2021-44228). A look-up alone is only an attempt, such as scanners send to everybody. Nothing innocent carries ${jndi:...}.",
	Category: "access", Tactics: []string{"TA0001"}, Techniques: []string{"T1190"},
	Risk:  detect.Base{Likelihood: events.High, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindHTTP, events.KindConn, events.KindDNS}, Version: 1,
	Background: "Log4j 2 before 2.17 resolves ${jndi:...} wherever it stands in a line that it logs: it asks the server named there for " +
		"a Java object and runs what comes. Whoever can have a line logged, with a User-Agent for example, can so run programs on the " +
		"server (CVE-2021-44228).",
	Mitigation: []string{
		"If the victim called back: isolate it, and treat it as taken over.",
		"Bring Log4j to 2.17.1 or later on the victim, and on everything that its log lines are passed on to.",
		"Deny servers to open connections to the internet; LDAP and RMI outwards have no business there.",
		"Change the secrets in the victim's environment: look-ups can carry them out even where no code runs.",
	},
	New:    func() detect.Detector { return NewLog4Shell(Log4ShellDefaults()) },
	Tuning: detect.Tuned(Log4ShellDefaults, NewLog4Shell),
}

// Log4ShellTunables are what may be set.
type Log4ShellTunables struct {
	Wait     time.Duration `tune:"how long after an attempt a callback is its own" min:"1s" max:"24h"`
	Attempts int           `tune:"attempts whose callback is waited for" min:"16" max:"1000000"`
	Contacts int           `tune:"conversations and questions kept, because a callback may be recorded before the request it follows" min:"16" max:"1000000"`
}

// Log4ShellDefaults are the tunables that the project stands for. Log4j resolves a look-up when it logs, which is at once or when a
// queue is read; a contact takes about 150 bytes, and at a thousand conversations a second the ring holds the last few seconds.
func Log4ShellDefaults() Log4ShellTunables {
	return Log4ShellTunables{Wait: 10 * time.Minute, Attempts: 4_096, Contacts: 8_192}
}

// Callbacks watches for look-ups and for what follows them.
type Callbacks struct {
	tune     Log4ShellTunables
	attempts *detect.Memory[string, attempt] // by offender and victim
	targets  *detect.Memory[target, string]  // what a victim would contact, to its attempt
	detect.Memories
	recent []contact // a ring
	next   int
}

type attempt struct {
	head        events.Head
	look        lookup
	field       string // where it stood
	count       int
	ladder      magnitude.Ladder
	called      string // the callback, in words; "" where none was seen
	start, last events.Time
	uids        []string
}

// target is an address or a name that a look-up points at.
type target struct {
	addr netip.Addr
	name string
}

// contact is one conversation or question of a host.
type contact struct {
	target
	from netip.Addr
	port uint16
	at   events.Time
	uid  string
}

// NewLog4Shell makes the detector.
func NewLog4Shell(t Log4ShellTunables) *Callbacks {
	l := &Callbacks{
		tune: t, attempts: detect.NewFilledMemory(t.Attempts, 'a', 1, attemptFields), targets: detect.NewFilledMemory(2*t.Attempts, 't', 1, targetFields),
		recent: make([]contact, 0, t.Contacts),
	}
	l.Memories = detect.Memories{l.attempts, l.targets}
	return l
}

// Observe reads requests, and compares what hosts contact with what they were told to.
func (l *Callbacks) Observe(r events.Record, v device.View) []detect.Finding {
	switch r := r.(type) {
	case *events.HTTP:
		return l.request(r)
	case *events.Conn:
		// One that goes on counts, too: a shell that was called back may stay for hours.
		return l.contact(contact{target{addr: r.RespH}, r.OrigH, r.RespP, r.TS, r.UID})
	case *events.DNS:
		if r.Query == "" {
			return nil
		}
		return l.contact(contact{target{name: strings.ToLower(r.Query)}, r.OrigH, 0, r.TS, r.UID})
	}
	return nil
}

// Tick has nothing to do: an attempt that nobody follows stays one.
func (l *Callbacks) Tick(events.Time, device.View) []detect.Finding { return nil }

// Overflow is how many attempts had to be forgotten for want of room.
func (l *Callbacks) Overflow() uint64 { return l.attempts.Evicted() }

func (l *Callbacks) request(r *events.HTTP) []detect.Finding {
	look, field, ok := searchRequest(r)
	if !ok {
		return nil
	}
	key := r.OrigH.String() + " " + r.RespH.String()
	a, fresh := l.attempts.Put(key)
	l.attempts.Note(key)
	if fresh {
		*a = attempt{head: r.Head, start: r.TS}
	}
	a.look, a.field, a.last = look, field, max(a.last, r.TS)
	a.count++
	a.uids = keep(a.uids, r.UID)
	t := targetOf(look)
	if t != (target{}) {
		at, _ := l.targets.Put(t)
		*at = key
		l.targets.Note(t)
	}
	told := a.ladder.Climb(float64(a.count), 1)
	if c := l.already(a, t); c != nil && a.called == "" {
		return []detect.Finding{l.follow(a, c)}
	}
	if !told {
		return nil
	}
	return []detect.Finding{report(a)}
}

// contact notes what a host contacted, and says so when it was told to.
func (l *Callbacks) contact(c contact) []detect.Finding {
	l.remember(c)
	if l.targets.Len() == 0 {
		return nil
	}
	key := l.pointedAt(c.target)
	if key == nil {
		return nil
	}
	a := l.attempts.Get(*key)
	if a == nil || a.called != "" || !l.fits(a, &c) {
		return nil
	}
	l.attempts.Note(*key)
	return []detect.Finding{l.follow(a, &c)}
}

// pointedAt finds the attempt whose look-up leads to a target. Below a name of the attacker's the victim may have put a value.
func (l *Callbacks) pointedAt(t target) *string {
	if t.name == "" {
		return l.targets.Get(t)
	}
	for range maxLabels {
		if key := l.targets.Get(t); key != nil {
			return key
		}
		_, parent, ok := strings.Cut(t.name, ".")
		if !ok {
			break
		}
		t.name = parent
	}
	return nil
}

// maxLabels is how far up from a name a target is looked for.
const maxLabels = 8

func (l *Callbacks) remember(c contact) {
	if len(l.recent) < cap(l.recent) {
		l.recent = append(l.recent, c)
		return
	}
	if len(l.recent) > 0 {
		l.recent[l.next] = c
		l.next = (l.next + 1) % len(l.recent)
	}
}

// already finds a callback that was recorded before its request: a request's record waits for the answer, which may wait for
// the callback.
func (l *Callbacks) already(a *attempt, t target) *contact {
	if t == (target{}) {
		return nil
	}
	for i := range l.recent {
		c := &l.recent[i]
		if c.addr == t.addr && (c.name == t.name || t.name != "" && domain.Under(c.name, t.name)) && l.fits(a, c) {
			return c
		}
	}
	return nil
}

// fits: the contact came after the attempt and from its victim. A name may be asked by the victim's resolver.
func (l *Callbacks) fits(a *attempt, c *contact) bool {
	after := c.at.Sub(a.start)
	if after < 0 || c.at.Sub(a.last) > l.tune.Wait {
		return false
	}
	return c.from == a.head.RespH || c.name != ""
}

func (l *Callbacks) follow(a *attempt, c *contact) detect.Finding {
	a.called = fmt.Sprintf("asked for the name %s", c.name)
	if c.name == "" {
		a.called = fmt.Sprintf("connected to %s port %d", c.addr, c.port)
	}
	a.last = max(a.last, c.at)
	a.uids = append([]string{c.uid}, a.uids...)[:min(len(a.uids)+1, maxUIDs)]
	return report(a)
}

func targetOf(look lookup) target {
	if addr, err := netip.ParseAddr(look.Host); err == nil {
		return target{addr: addr.Unmap().WithZone("")}
	}
	if !strings.Contains(look.Host, ".") {
		return target{}
	}
	return target{name: look.Host}
}

func report(a *attempt) detect.Finding {
	h := &a.head
	f := detect.Finding{
		Key: h.OrigH.String() + " " + h.RespH.String(), Start: a.start, End: a.last, UIDs: a.uids, VNI: h.VNI, Sensor: h.Sensor,
		Confidence: 0.75,
		Offenders:  []detect.Party{{Addr: h.OrigH, Endpoint: detect.Client}},
		Victims:    []detect.Party{{Addr: h.RespH, Port: h.RespP, Endpoint: detect.Server}},
		Properties: map[string]any{
			"attempts": a.count, "field": a.field, "lookup": a.look.Text, "scheme": a.look.Scheme, "callback_host": a.look.Host,
			"callback_seen": a.called != "",
		},
	}
	if port, err := strconv.ParseUint(a.look.Port, 10, 16); err == nil {
		f.Properties["callback_port"] = uint16(port)
	}
	if t := targetOf(a.look); t.addr.IsValid() && t.addr != h.OrigH && t.addr != h.RespH {
		f.Offenders = append(f.Offenders, detect.Party{Addr: t.addr, Endpoint: detect.Server})
	}
	if a.called == "" {
		f.Description = fmt.Sprintf("Requests of %s to %s carried a JNDI look-up of %s://%s (%s), %d in all; no callback was seen.", h.OrigH, h.RespH, a.look.Scheme, a.look.Host, a.field, a.count)
		f.Terms = []events.Term{{Name: "attempt_only", Points: -25, Reason: "the victim did not follow the look-up"}}
		return f
	}
	f.Confidence = 0.97
	f.Description = fmt.Sprintf("%s sent %s a JNDI look-up of %s://%s (%s), and %s %s.", h.OrigH, h.RespH, a.look.Scheme, a.look.Host, a.field, h.RespH, a.called)
	f.Terms = []events.Term{{Name: "callback_seen", Points: 10, Reason: "the victim followed the look-up"}}
	return f
}

// searchRequest looks through what an attacker can fill in.
func searchRequest(r *events.HTTP) (lookup, string, bool) {
	fields := [...]struct{ name, text string }{
		{"uri", r.URI}, {"user_agent", r.UserAgent}, {"referrer", r.Referrer}, {"host", r.Host}, {"origin", r.Origin},
		{"username", r.Username}, {"method", r.Method},
	}
	for _, f := range fields {
		if l, ok := searchText(f.text); ok {
			return l, f.name, true
		}
	}
	for _, line := range r.Lookups {
		if l, ok := searchText(line); ok {
			name, _, _ := strings.Cut(line, ":")
			return l, "header " + cut(strings.ToLower(strings.TrimSpace(name)), 40), true
		}
	}
	for _, line := range r.Proxied {
		if l, ok := searchText(line); ok {
			return l, "proxied", true
		}
	}
	return lookup{}, "", false
}

// searchText asks first, at the price of one scan, whether there is anything to unfold.
func searchText(text string) (lookup, bool) {
	if strings.IndexByte(text, '{') < 0 && !strings.Contains(text, "%7") {
		return lookup{}, false
	}
	return jndi(text)
}
