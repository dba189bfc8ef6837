package hygiene

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

const start = events.Time(1_700_000_000e9)

// handshake is a sound one, until it is changed.
func handshake(resp string, change func(*events.SSL)) *events.SSL {
	s := &events.SSL{
		Version: "TLSv13", Cipher: "TLS_AES_128_GCM_SHA256", Established: true, Subject: "CN=a.example", Issuer: "CN=An Authority",
		NotBefore: start.Add(-time.Hour), NotAfter: start.Add(time.Hour), CertKeyAlg: "rsa", CertKeyBits: 2048, CertSigAlg: "sha256WithRSAEncryption",
	}
	s.TS, s.UID, s.OrigH, s.RespH, s.RespP = start, "C1", netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr(resp), 443
	change(s)
	return s
}

func judge(d detect.Detector, records ...*events.SSL) (found []detect.Finding) {
	model := device.New(device.Options{})
	for _, r := range records {
		found = append(found, d.Observe(r, model.Observe(r))...)
	}
	return found
}

func TestWeakTLS(t *testing.T) {
	const local, outside = "10.0.0.9", "203.0.113.9"
	cases := []struct {
		name   string
		resp   string
		change func(*events.SSL)
		defect string // "": none
	}{
		{"old version", local, func(s *events.SSL) { s.Version = "TLSv10" }, "TLS 1.0 or 1.1"},
		{"older version", local, func(s *events.SSL) { s.Version = "SSLv3" }, "SSL 2 or 3"},
		{"RC4", local, func(s *events.SSL) { s.Cipher = "TLS_RSA_WITH_RC4_128_SHA" }, "a weak cipher"},
		{"3DES", local, func(s *events.SSL) { s.Cipher = "TLS_RSA_WITH_3DES_EDE_CBC_SHA" }, "a weak cipher"},
		{"null", local, func(s *events.SSL) { s.Cipher = "TLS_RSA_WITH_NULL_SHA256" }, "a weak cipher"},
		{"anonymous", local, func(s *events.SSL) { s.Cipher = "TLS_DH_anon_WITH_AES_128_CBC_SHA" }, "a weak cipher"},
		{"export", local, func(s *events.SSL) { s.Cipher = "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA" }, "a weak cipher"},
		{"just short", local, func(s *events.SSL) { s.CertKeyBits = 2047 }, "a short key"},
		{"short curve", local, func(s *events.SSL) { s.CertKeyAlg, s.CertKeyBits = "ecdsa", 192 }, "a short key"},
		{"SHA-1", local, func(s *events.SSL) { s.CertSigAlg = "sha1WithRSAEncryption" }, "an old signature"},
		{"just expired", local, func(s *events.SSL) { s.NotAfter = start - 1 }, "an expired certificate"},
		{"self-signed", local, func(s *events.SSL) { s.SelfSigned = true }, "a self-signed certificate"},
		// The innocent twins.
		{"sound", local, func(*events.SSL) {}, ""},
		{"expires now", local, func(s *events.SSL) { s.NotAfter = start }, ""},
		{"curve of 256 bits", local, func(s *events.SSL) { s.CertKeyAlg, s.CertKeyBits = "ecdsa", 256 }, ""},
		{"never completed", local, func(s *events.SSL) { s.Version, s.Established = "TLSv10", false }, ""},
		{"resumed, no certificate", local, func(s *events.SSL) { s.Subject, s.NotAfter, s.CertKeyBits = "", 0, 0 }, ""},
		{"a server outside", outside, func(s *events.SSL) { s.Version, s.SelfSigned = "SSLv3", true }, ""},
	}
	for _, c := range cases {
		found := judge(NewWeakTLS(WeakTLSDefaults()), handshake(c.resp, c.change))
		if (len(found) == 1) != (c.defect != "") {
			t.Errorf("%s: %+v", c.name, found)
			continue
		}
		if c.defect != "" && !slices.Contains(found[0].Properties["defects"].([]string), c.defect) {
			t.Errorf("%s: %v", c.name, found[0].Properties["defects"])
		}
	}
}

// Catches: one detection a connection, and a defect that is swallowed because another was told.
func TestOnceAServer(t *testing.T) {
	old := func(s *events.SSL) { s.Version = "TLSv10" }
	d := NewWeakTLS(WeakTLSDefaults())
	found := judge(d, handshake("10.0.0.9", old), handshake("10.0.0.9", old), handshake("10.0.0.8", old),
		handshake("10.0.0.9", func(s *events.SSL) { s.SelfSigned = true }))
	if len(found) != 3 || found[0].Key != found[2].Key || found[0].Key == found[1].Key || len(found[2].Properties["defects"].([]string)) != 2 {
		t.Errorf("%+v", found)
	}
}

// Catches: hygiene that cries as loud as an attack.
func TestRiskStaysLow(t *testing.T) {
	j := detect.NewJudge([]detect.Spec{WeakTLS}, device.New(device.Options{}), detect.Options{})
	worst := handshake("10.0.0.9", func(s *events.SSL) {
		s.Version, s.Cipher, s.SelfSigned, s.NotAfter, s.CertKeyBits, s.CertSigAlg = "SSLv3", "TLS_RSA_WITH_RC4_128_MD5", true, start-1, 512, "md5WithRSAEncryption"
	})
	worst.OrigH = netip.MustParseAddr("203.0.113.9")
	j.Observe(worst)
	j.Close(start)
	if list := j.Detections(); len(list) != 1 || list[0].Risk.Band != "low" {
		t.Errorf("%+v", list)
	}
}

func TestWeakTLSMemoryIsBounded(t *testing.T) {
	tune := WeakTLSDefaults()
	tune.Servers = 10
	w := NewWeakTLS(tune)
	at := netip.MustParseAddr("10.0.0.1")
	for range 1000 {
		at = at.Next()
		judge(w, handshake(at.String(), func(s *events.SSL) { s.SelfSigned = true }))
	}
	if w.servers.Len() != 10 || w.servers.Evicted() != 990 {
		t.Errorf("%d servers, %d evicted", w.servers.Len(), w.servers.Evicted())
	}
}
