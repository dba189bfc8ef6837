package hygiene

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// WeakTLS finds servers of the local networks that speak TLS badly.
var WeakTLS = detect.Spec{
	Type:  "hygiene.weak_tls",
	Title: "Weak TLS",
	Text: "Looks at what a local server chose in TLS handshakes and at the certificate it showed: SSL 2 and 3, TLS 1.0 and 1.1 (RFC 8996), " +
		"ciphers without strength or authentication, short keys, old signatures, and certificates that expired or signed themselves. " +
		"None of it is an attack, and all of it makes one easier. What looks the same: a test server, an appliance, a handshake that " +
		"was never completed, which does not count.",
	Category: "hygiene", Tactics: nil, Techniques: []string{"T1040", "T1557"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindSSL}, Version: 1,
	Background: "Old versions of TLS and weak ciphers can be broken or read by who stands between. Nobody attacks here yet: it is a door " +
		"that stands open.",
	Mitigation: []string{
		"Switch on TLS 1.2 and 1.3 only, at the server or at its load balancer's security policy.",
		"Where an old client needs the old version, put it behind a proxy of its own.",
	},
	New:    func() detect.Detector { return NewWeakTLS(WeakTLSDefaults()) },
	Tuning: detect.Tuned(WeakTLSDefaults, NewWeakTLS),
}

// WeakTLSTunables are what may be set.
type WeakTLSTunables struct {
	Servers int    `tune:"servers remembered" min:"100" max:"1000000"`
	RSABits uint32 `tune:"shorter RSA and DSA keys are weak" min:"512" max:"16384"`
	ECBits  uint32 `tune:"shorter elliptic-curve keys are weak" min:"112" max:"1024"`
}

// WeakTLSDefaults are the tunables that the project stands for: NIST SP 800-57 part 1 revision 5 wants 112 bits of strength, which
// are 2048 bits of RSA and 224 of an elliptic curve.
func WeakTLSDefaults() WeakTLSTunables {
	return WeakTLSTunables{Servers: 10_000, RSABits: 2048, ECBits: 224}
}

// WeakServers remembers what was already said of each server.
type WeakServers struct {
	tune    WeakTLSTunables
	servers *detect.Memory[netip.AddrPort, weakServer]
	detect.Memories
}

type weakServer struct {
	told  defects
	start events.Time
	uids  []string
}

// defects is a set; each is told once a server.
type defects uint16

const (
	oldSSL defects = 1 << iota
	oldTLS
	weakCipher
	shortKey
	weakSignature
	expired
	selfSigned
)

var defectNames = []struct {
	is   defects
	name string
}{
	{oldSSL, "SSL 2 or 3"}, {oldTLS, "TLS 1.0 or 1.1"}, {weakCipher, "a weak cipher"}, {shortKey, "a short key"},
	{weakSignature, "an old signature"}, {expired, "an expired certificate"}, {selfSigned, "a self-signed certificate"},
}

// NewWeakTLS makes the detector.
func NewWeakTLS(t WeakTLSTunables) *WeakServers {
	w := &WeakServers{tune: t, servers: detect.NewFilledMemory(t.Servers, 's', 1, weakServerFields)}
	w.Memories = detect.Memories{w.servers}
	return w
}

// Observe looks at one handshake.
func (w *WeakServers) Observe(r events.Record, v device.View) []detect.Finding {
	s, ok := r.(*events.SSL)
	if !ok || !v.Resp.IsLocal() {
		return nil
	}
	found := w.defectsOf(s)
	if found == 0 {
		return nil
	}
	key := netip.AddrPortFrom(s.RespH, s.RespP)
	known, fresh := w.servers.Put(key)
	if fresh {
		known.start = s.TS
	}
	if found&^known.told == 0 {
		return nil
	}
	known.told |= found
	w.servers.Note(key)
	if len(known.uids) < len(defectNames) {
		known.uids = append(known.uids, s.UID)
	}
	return []detect.Finding{w.report(s, known)}
}

// Tick has nothing to do: a defect is told when it is seen.
func (w *WeakServers) Tick(events.Time, device.View) []detect.Finding { return nil }

// Overflow is how many servers had to be forgotten for want of room.
func (w *WeakServers) Overflow() uint64 { return w.servers.Evicted() }

func (w *WeakServers) defectsOf(s *events.SSL) defects {
	var d defects
	if s.Established {
		d |= ofVersion(s.Version)
		if weakCipherName(s.Cipher) {
			d |= weakCipher
		}
	}
	if s.Subject == "" && s.NotAfter == 0 {
		return d // no certificate was seen
	}
	if s.NotAfter != 0 && s.TS > s.NotAfter {
		d |= expired
	}
	if s.SelfSigned {
		d |= selfSigned
	}
	if w.short(s.CertKeyAlg, s.CertKeyBits) {
		d |= shortKey
	}
	if sig := strings.ToLower(s.CertSigAlg); strings.Contains(sig, "md5") || strings.Contains(sig, "md2") || strings.Contains(sig, "sha1") {
		d |= weakSignature
	}
	return d
}

func ofVersion(version string) defects {
	switch version {
	case "SSLv2", "SSLv3":
		return oldSSL
	case "TLSv10", "TLSv11":
		return oldTLS
	}
	return 0
}

func (w *WeakServers) short(alg string, bits uint32) bool {
	switch {
	case bits == 0:
		return false
	case alg == "rsa" || alg == "dsa":
		return bits < w.tune.RSABits
	case alg == "ecdsa":
		return bits < w.tune.ECBits
	}
	return false
}

// weakCipherName goes by the parts of IANA's names. RFC 7465 forbids RC4; 3DES falls to Sweet32 (CVE-2016-2183).
func weakCipherName(cipher string) bool {
	for _, part := range [...]string{"_RC4_", "_3DES_", "_DES_", "_DES40_", "_NULL", "EXPORT", "_anon_", "_RC2_", "_IDEA_"} {
		if strings.Contains(cipher, part) {
			return true
		}
	}
	return false
}

func (w *WeakServers) report(s *events.SSL, known *weakServer) detect.Finding {
	var names []string
	for _, d := range defectNames {
		if known.told&d.is != 0 {
			names = append(names, d.name)
		}
	}
	server := netip.AddrPortFrom(s.RespH, s.RespP)
	f := detect.Finding{
		Key: server.String(), Confidence: 0.95, Start: known.start, End: s.TS, UIDs: known.uids, VNI: s.VNI, Sensor: s.Sensor,
		Description: fmt.Sprintf("The server %s uses %s.", server, strings.Join(names, ", ")),
		Victims:     []detect.Party{{Addr: s.RespH, Port: s.RespP, Endpoint: detect.Server}},
		Properties: map[string]any{
			"defects": names, "version": s.Version, "cipher": s.Cipher, "server_name": s.ServerName, "subject": s.Subject,
			"key_bits": s.CertKeyBits, "signature": s.CertSigAlg,
		},
	}
	if s.NotAfter != 0 {
		f.Properties["not_after"] = s.NotAfter.Time()
	}
	if known.told&(oldSSL|weakCipher) != 0 {
		f.Terms = []events.Term{{Name: "broken_cryptography", Points: 5, Reason: "published attacks read or forge what it protects"}}
	}
	return f
}
