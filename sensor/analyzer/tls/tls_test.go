package tls

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// conversations are handshakes of crypto/tls and what their records must say.
func conversations(t testing.TB) []struct {
	name     string
	segments []segment
	want     events.SSL
} {
	cert := identity(t, "www.example.com", "*.example.net")
	type row = struct {
		name     string
		segments []segment
		want     events.SSL
	}
	var rows []row
	add := func(name string, client, server *tls.Config, want events.SSL) {
		rows = append(rows, row{name, talk(t, client, server), want})
	}
	const suite10, suite12, suite13 = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"
	base := events.SSL{ServerName: "www.example.com", Curve: "x25519", Established: true}
	with := func(f func(*events.SSL)) events.SSL { w := base; f(&w); return w }

	for _, v := range []struct {
		version uint16
		name    string
	}{{tls.VersionTLS10, "TLSv10"}, {tls.VersionTLS11, "TLSv11"}} {
		c, s := version(v.version, cert)
		c.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
		s.SessionTicketsDisabled = true
		add(v.name, c, s, with(func(w *events.SSL) { w.Version, w.Cipher, w.SSLHistory = v.name, suite10, "CsxknGIi" }))
	}

	c, s := version(tls.VersionTLS12, cert)
	c.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
	c.NextProtos, s.NextProtos = []string{"h2", "http/1.1"}, []string{"http/1.1"}
	c.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	first := with(func(w *events.SSL) {
		w.Version, w.Cipher, w.SSLHistory, w.NextProtocol = "TLSv12", suite12, "CsxknGIti", "http/1.1"
	})
	add("TLSv12 with ALPN and a new ticket", c, s, first)
	add("TLSv12 resumed", c, s, with(func(w *events.SSL) {
		w.Version, w.Cipher, w.NextProtocol = "TLSv12", suite12, "http/1.1"
		w.Resumed, w.Curve, w.SSLHistory = true, "", "CstiI"
	}))

	c, s = version(tls.VersionTLS12, cert)
	c.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
	c.Certificates, s.ClientAuth, s.SessionTicketsDisabled = []tls.Certificate{cert}, tls.RequireAnyClientCert, true
	add("TLSv12 with a client certificate", c, s, with(func(w *events.SSL) {
		w.Version, w.Cipher, w.SSLHistory = "TLSv12", suite12, "CsxkrnXGYIi"
	}))

	c, s = version(tls.VersionTLS12, cert)
	c.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
	c.InsecureSkipVerify, c.RootCAs = false, x509.NewCertPool()
	add("TLSv12 refused by the client", c, s, with(func(w *events.SSL) {
		w.Version, w.Cipher, w.SSLHistory, w.LastAlert, w.Established = "TLSv12", suite12, "CsxknL", "bad_certificate", false
	}))

	c, s = version(tls.VersionTLS12, cert)
	s.MinVersion, s.MaxVersion = tls.VersionTLS13, tls.VersionTLS13
	add("no version in common", c, s, events.SSL{ServerName: "www.example.com", SSLHistory: "Cl", LastAlert: "protocol_version"})

	c, s = version(tls.VersionTLS13, cert)
	c.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	add("TLSv13", c, s, with(func(w *events.SSL) { w.Version, w.Cipher, w.SSLHistory = "TLSv13", suite13, "CsiI" }))
	add("TLSv13 resumed", c, s, with(func(w *events.SSL) {
		w.Version, w.Cipher, w.SSLHistory, w.Resumed = "TLSv13", suite13, "CsiI", true
	}))

	c, s = version(tls.VersionTLS13, cert)
	c.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP256}
	s.CurvePreferences = []tls.CurveID{tls.CurveP256}
	add("TLSv13 with a retry", c, s, with(func(w *events.SSL) {
		// The hello after a retry stands behind the ChangeCipherSpec that middleboxes want, and is as good as encrypted to Zeek.
		w.Version, w.Cipher, w.SSLHistory, w.Curve = "TLSv13", suite13, "CjiI", "secp256r1"
	}))
	return rows
}

func TestHandshakes(t *testing.T) {
	for _, tc := range conversations(t) {
		t.Run(tc.name, func(t *testing.T) {
			got := replay(tc.segments, whole)
			r := got.only(t)
			have := events.SSL{Version: r.Version, Cipher: r.Cipher, Curve: r.Curve, ServerName: r.ServerName, Resumed: r.Resumed,
				LastAlert: r.LastAlert, NextProtocol: r.NextProtocol, Established: r.Established, SSLHistory: r.SSLHistory}
			if have.SSLHistory == "CjIi" { // after a retry both ends send a ChangeCipherSpec, and neither waits for the other's
				have.SSLHistory = "CjiI"
			}
			if h, w := string(have.AppendJSON(nil)), string(tc.want.AppendJSON(nil)); h != w {
				t.Errorf("have %s\nwant %s", h, w)
			}
			if got.confirmed != 1 {
				t.Errorf("confirmed %d times", got.confirmed)
			}
			if tc.want.Established && !errors.Is(got.err, analyzer.ErrDone) {
				t.Errorf("left with %v, want ErrDone once the handshake is over", got.err)
			}
		})
	}
}

// TestByteByByte catches a parser that lets the segmentation shine through.
func TestByteByByte(t *testing.T) {
	for _, tc := range conversations(t) {
		for _, size := range []int{1, 7, 1460} {
			want, got := replay(tc.segments, whole), replay(tc.segments, size)
			if w, g := dump(want), dump(got); w != g {
				t.Errorf("%s, %d bytes at a time:\nhave %s\nwant %s", tc.name, size, g, w)
			}
		}
	}
}

func dump(s *seen) string {
	var b []byte
	for _, x := range s.x509 {
		b = append(x.AppendJSON(b), '\n')
	}
	for _, x := range s.ssl {
		b = append(x.AppendJSON(b), '\n')
	}
	return string(b)
}

func TestCertificateRecords(t *testing.T) {
	cert := identity(t, "www.example.com", "*.example.net")
	sum := sha256.Sum256(cert.Certificate[0])
	fp := hex.EncodeToString(sum[:])
	c, s := version(tls.VersionTLS12, cert)
	c.Certificates, s.ClientAuth = []tls.Certificate{identity(t, "client")}, tls.RequireAnyClientCert
	got := replay(talk(t, c, s), whole)
	r := got.only(t)
	if len(r.CertChainFPs) != 1 || r.CertChainFPs[0] != fp || len(r.ClientCertFPs) != 1 || r.ClientCertFPs[0] == fp {
		t.Errorf("chains %v and %v, want [%s] and another", r.CertChainFPs, r.ClientCertFPs, fp)
	}
	if got.order[len(got.order)-1] != events.KindSSL || len(got.x509) != 2 {
		t.Errorf("order %v, want two certificates before the handshake", got.order)
	}
	x := got.x509[0]
	const name = `CN=www.example.com,O=Mirror\\, Watch,C=DE`
	if x.Fingerprint != fp || x.Subject != name || x.Issuer != name || x.Serial != "1234ABCD" || !x.HostCert || x.ClientCert || !got.x509[1].ClientCert {
		t.Errorf("record %s", x.AppendJSON(nil))
	}
	if x.KeyAlg != "id-ecPublicKey" || x.SigAlg != "ecdsa-with-SHA256" || x.KeyType != "ecdsa" || x.KeyLength != 256 || x.Curve != "prime256v1" || x.Version != 3 {
		t.Errorf("key %s", x.AppendJSON(nil))
	}
	if !r.SelfSigned || r.Subject != name || r.CertKeyBits != 256 || r.NotBefore.Time().Year() != 2020 || r.NotAfter.Time().Year() != 2120 {
		t.Errorf("facts of the server's certificate: %s", r.AppendJSON(nil))
	}
	if r.SNIMatches == nil || !*r.SNIMatches {
		t.Errorf("sni_matches_cert %v, want true", r.SNIMatches)
	}
}

// TestSameCertificateTwice: one record a certificate and conversation, but every place in the chain.
func TestSameCertificateTwice(t *testing.T) {
	cert := identity(t, "www.example.com")
	cert.Certificate = append(cert.Certificate, cert.Certificate[0])
	c, s := version(tls.VersionTLS12, cert)
	got := replay(talk(t, c, s), whole)
	if r := got.only(t); len(got.x509) != 1 || len(r.CertChainFPs) != 2 || r.SelfSigned {
		t.Errorf("%d records for %d places, self-signed %v", len(got.x509), len(r.CertChainFPs), r.SelfSigned)
	}
}

func TestOneDirection(t *testing.T) {
	cert := identity(t, "www.example.com")
	for _, tc := range []struct {
		name    string
		version uint16
		keep    flow.Dir
		want    events.SSL
		certs   int
	}{
		{"client of TLS 1.2", tls.VersionTLS12, flow.Orig, events.SSL{ServerName: "www.example.com", SSLHistory: "CGI"}, 0},
		{"server of TLS 1.2", tls.VersionTLS12, flow.Resp,
			events.SSL{Version: "TLSv12", Cipher: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", Curve: "x25519", SSLHistory: "sxkni"}, 1},
		{"client of TLS 1.3", tls.VersionTLS13, flow.Orig, events.SSL{ServerName: "www.example.com", SSLHistory: "CI"}, 0},
		{"server of TLS 1.3", tls.VersionTLS13, flow.Resp,
			events.SSL{Version: "TLSv13", Cipher: "TLS_AES_128_GCM_SHA256", Curve: "x25519", SSLHistory: "si"}, 0},
	} {
		c, s := version(tc.version, cert)
		c.CipherSuites, s.SessionTicketsDisabled = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}, true
		var kept []segment
		for _, g := range talk(t, c, s) {
			if g.dir == tc.keep {
				kept = append(kept, g)
			}
		}
		got := replay(kept, whole)
		r := got.only(t)
		have := events.SSL{Version: r.Version, Cipher: r.Cipher, Curve: r.Curve, ServerName: r.ServerName, Established: r.Established, SSLHistory: r.SSLHistory}
		if h, w := string(have.AppendJSON(nil)), string(tc.want.AppendJSON(nil)); h != w || len(got.x509) != tc.certs {
			t.Errorf("%s: %d certificates\nhave %s\nwant %s", tc.name, len(got.x509), h, w)
		}
	}
}

// TestFlipped: the side that answers the connection says hello, as in an active FTP data connection.
func TestFlipped(t *testing.T) {
	c, s := version(tls.VersionTLS12, identity(t, "www.example.com"))
	s.SessionTicketsDisabled = true
	segments := talk(t, c, s)
	for i := range segments {
		segments[i].dir = segments[i].dir.Other()
	}
	if r := replay(segments, whole).only(t); r.SSLHistory != "^CsxknGIi" || !r.Established || len(r.CertChainFPs) != 1 {
		t.Errorf("record %s", r.AppendJSON(nil))
	}
}

// TestGap: what comes after missing bytes is not read, and an establishment that was not seen is not claimed.
func TestGap(t *testing.T) {
	c, s := version(tls.VersionTLS12, identity(t, "www.example.com"))
	s.SessionTicketsDisabled = true
	segments := talk(t, c, s)
	server := -1
	for i, g := range segments {
		if g.dir == flow.Resp {
			server = i
			break
		}
	}
	half := segments[server].data[:len(segments[server].data)/2]
	hello := 5 + int(half[3])<<8 + int(half[4])
	for _, tc := range []struct {
		name    string
		keep    []byte
		version string
		history string
	}{
		{"before the server's hello", nil, "", "CGI"},
		{"inside the server's hello", half[:20], "", "CGI"},
		{"behind the server's hello", half[:hello], "TLSv12", "CsGI"},
	} {
		var cut []segment
		cut = append(cut, segments[:server]...)
		if tc.keep != nil {
			cut = append(cut, segment{flow.Resp, tc.keep})
		}
		cut = append(cut, segment{dir: flow.Resp})
		cut = append(cut, segments[server+1:]...)
		r := replay(cut, whole).only(t)
		if r.Version != tc.version || r.SSLHistory != tc.history || r.Established || len(r.CertChainFPs) != 0 {
			t.Errorf("gap %s: %s", tc.name, r.AppendJSON(nil))
		}
	}
}

// TestGapInSkippedRecord: missing bytes of an encrypted record lose nothing.
func TestGapInSkippedRecord(t *testing.T) {
	c, s := version(tls.VersionTLS13, identity(t, "www.example.com"))
	segments := talk(t, c, s)
	for i, g := range segments {
		for at := 0; g.dir == flow.Resp && at+headerLen <= len(g.data); {
			n := int(g.data[at+3])<<8 | int(g.data[at+4])
			if g.data[at] != typeApplicationData || n < 200 {
				at += headerLen + n
				continue
			}
			cut := append(append([]segment(nil), segments[:i]...),
				segment{flow.Resp, g.data[:at+headerLen]}, segment{dir: flow.Resp}, segment{flow.Resp, g.data[at+headerLen+gapLen:]})
			cut = append(cut, segments[i+1:]...)
			if r := replay(cut, whole).only(t); !r.Established || r.SSLHistory != "CsiI" {
				t.Errorf("record %s", r.AppendJSON(nil))
			}
			return
		}
	}
	t.Fatal("no encrypted record of the server to cut")
}
