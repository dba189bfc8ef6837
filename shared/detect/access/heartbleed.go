package access

import (
	"fmt"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// Heartbleed finds TLS heartbeats that ask a peer for more than they brought.
var Heartbleed = detect.Spec{
	Type:  "access.heartbleed",
	Title: "Heartbleed",
	Text: "Compares the length that a TLS heartbeat claims with what it brought, and what came back with what was sent. In the clear one byte too much is " +
		"enough; behind the handshake, where only lengths show, a request shorter than any honest one, or an answer that is at least 64 bytes longer than its " +
		"request. Honest heartbeats come back at their own length. Says whether memory leaked: an answer longer than asked is the leak itself. A test " +
		"by order of the house looks the same.",
	Category: "access", Tactics: []string{"TA0001", "TA0006"}, Techniques: []string{"T1190"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindSSL}, Version: 1,
	Background: "A heartbeat asks the peer to send a text back and says how long it is. OpenSSL 1.0.1 to 1.0.1f believed the length (CVE-2014-0160) and answered " +
		"with up to 64 KiB of its memory: private keys, passwords and sessions of other users. It leaves no trace in the server's log, works before any " +
		"log-in, and may be repeated until something of worth comes. A hostile server can do the same to its clients.",
	Mitigation: []string{
		"Take the service off the network, or block the offender, until it is known whether memory leaked.",
		"Update OpenSSL to 1.0.1g or later and restart everything that uses it.",
		"Take what was in the memory for known: new keys, certificates revoked, sessions ended, passwords changed.",
		"Search the offender's other conversations for use of what it may have read.",
	},
	New:    func() detect.Detector { return NewHeartbleed(HeartbleedDefaults()) },
	Tuning: detect.Tuned(HeartbleedDefaults, NewHeartbleed),
}

// HeartbleedTunables are what may be set.
type HeartbleedTunables struct {
	Excess uint32 `tune:"bytes by which an answer must be longer than its request" min:"1" max:"65535"`
	Cases  int    `tune:"pairs of offender and victim watched" min:"16" max:"100000"`
}

// HeartbleedDefaults are the tunables that the project stands for. Padding and ciphers make lengths differ by less than 64 bytes.
func HeartbleedDefaults() HeartbleedTunables { return HeartbleedTunables{Excess: 64, Cases: 2_000} }

// Bleeding remembers who asked whom for too much.
type Bleeding struct {
	tune HeartbleedTunables
	*detect.Cases
}

// heartbleedLeaked is set once an answer was longer than asked.
const heartbleedLeaked = 1

// NewHeartbleed makes the detector.
func NewHeartbleed(t HeartbleedTunables) *Bleeding {
	return &Bleeding{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Cases})}
}

// Observe looks at the heartbeats of one handshake.
func (b *Bleeding) Observe(r events.Record, _ device.View) []detect.Finding {
	s, ok := r.(*events.SSL)
	if !ok || s.HeartbeatRequests == 0 {
		return nil
	}
	leak := s.HeartbeatExcess >= b.tune.Excess
	if !leak && s.HeartbeatOver == 0 && !(s.HeartbeatSealed && s.HeartbeatLeast < heartbleedLeast(s.Version, s.Cipher)) {
		return nil
	}
	k := detect.CaseKey{VNI: s.VNI, By: s.OrigH, To: s.RespH}
	if s.HeartbeatBy == detect.Server {
		k.By, k.To = s.RespH, s.OrigH
	}
	c := b.Note(k, &s.Head)
	c.Sum = max(c.Sum, uint64(s.HeartbeatExcess))
	news := leak && c.Flags&heartbleedLeaked == 0
	if leak {
		c.Flags |= heartbleedLeaked
	}
	if !c.Reached(c.Count, 1) && !news {
		return nil
	}
	return []detect.Finding{b.report(k, c)}
}

// Tick has nothing to do: a heartbeat is judged when its conversation is told.
func (b *Bleeding) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (b *Bleeding) Close(device.View) []detect.Finding { return b.LastWords(b.report) }

func (b *Bleeding) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	leaked := c.Flags&heartbleedLeaked != 0
	text := fmt.Sprintf("%s sent %s heartbeats that claim to be longer than they are, in %s; no answer longer than asked was seen.", k.By, k.To, heartbleedTalks(c.Count))
	confidence, term := 0.8, events.Term{Name: "attempt_only", Points: -20, Reason: "nothing came back beyond what was sent"}
	if leaked {
		text = fmt.Sprintf("%s sent %s heartbeats in %s and got up to %d bytes back beyond what it sent: memory leaked.", k.By, k.To, heartbleedTalks(c.Count), c.Sum)
		confidence, term = 0.95, events.Term{Name: "memory_leaked", Points: 10, Reason: "an answer was longer than its request"}
	}
	f := c.Finding(k, confidence, text)
	f.Terms = []events.Term{term}
	f.Properties = map[string]any{"conversations": c.Count, "excess_bytes": c.Sum, "leaked": leaked}
	return f
}

func heartbleedTalks(n int) string {
	if n == 1 {
		return "one conversation"
	}
	return fmt.Sprintf("%d conversations", n)
}

// heartbleedLeast is the least that an honest heartbeat, three bytes and sixteen of padding, comes to once encrypted (RFC 5246 section 6.2.3). Where the
// cipher is not known, or does not tell, the answer is the least of all.
func heartbleedLeast(version, cipher string) uint32 {
	const plain, block = 3 + 16, 16
	mac := uint32(16) // MD5's
	switch {
	case strings.HasSuffix(cipher, "_SHA"):
		mac = 20
	case strings.HasSuffix(cipher, "_CBC_SHA256"):
		mac = 32
	case strings.HasSuffix(cipher, "_CBC_SHA384"):
		mac = 48
	}
	if !strings.Contains(cipher, "_AES_") || !strings.Contains(cipher, "_CBC_") {
		return plain + 16 // a stream cipher with MD5, or the tag of an authenticated one
	}
	n := (plain + mac + block) / block * block // at least one byte of padding
	if version == "TLSv11" || version == "TLSv12" {
		n += block // the vector goes in front
	}
	return n
}
