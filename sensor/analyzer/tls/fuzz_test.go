package tls

import (
	"crypto/tls"
	"errors"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// FuzzStream feeds both directions in turn, cut where the fuzzer likes: no panic, no more held than allowed, at most one record of
// the handshake, none without a hello, and the same records whichever way the bytes are cut.
func FuzzStream(f *testing.F) {
	for _, tc := range conversations(f) {
		var client, server []byte
		for _, g := range tc.segments {
			if g.dir == flow.Orig {
				client = append(client, g.data...)
			} else {
				server = append(server, g.data...)
			}
		}
		f.Add(client, server, 100)
	}
	f.Add(v2Client(versionSSL2), v2Server(odd(nil, tlv(tagInteger, []byte{1}), seq(), nil)), 5)
	f.Fuzz(func(t *testing.T, client, server []byte, size int) {
		size = max(1, size)
		segments := []segment{{flow.Orig, client}, {flow.Resp, server}}
		got := replay(segments, whole)
		if want := replay(segments, size); dump(want) != dump(got) && len(client)+len(server) < analyzer.MaxHeld {
			t.Errorf("%d bytes at a time:\n%s\nat once:\n%s", size, dump(want), dump(got))
		}
		if len(got.ssl) > 1 || len(got.x509) > 2*maxCertificates || len(got.order) > 0 && got.confirmed != 1 {
			t.Errorf("%v, confirmed %d times", got.order, got.confirmed)
		}
		for _, r := range got.ssl {
			if len(r.SSLHistory) > maxHistory || len(r.ServerName) > maxName || len(r.ALPN) > maxOffered {
				t.Errorf("beyond a limit: %s", r.AppendJSON(nil))
			}
		}
		for d, b := range [][]byte{client, server} {
			Spec.Probe(flow.Dir(d), b[:min(len(b), analyzer.MaxProbe)], true)
		}
	})
}

// FuzzCertificate: any bytes give a bounded record or none.
func FuzzCertificate(f *testing.F) {
	f.Add(identity(f, "a.example", "*.b.example").Certificate[0])
	f.Add(odd(nil, tlv(tagInteger, []byte{0xff}), seq(), tlv(tagConstructed|3, seq())))
	f.Fuzz(func(t *testing.T, b []byte) {
		var c certificate
		if !c.parse(b) {
			return
		}
		x := c.record
		for _, text := range []string{x.Subject, x.Issuer, x.Serial, x.SigAlg, x.KeyAlg, x.Exponent} {
			if len(text) > maxNameText {
				t.Errorf("%d bytes of text", len(text))
			}
		}
		if len(x.SANDNS)+len(x.SANURI)+len(x.SANEmail)+len(x.SANIP) > 4*maxNames {
			t.Errorf("too many names")
		}
		matchesHost(x.SANDNS, c.commonNames, "www.example.com")
		x.AppendJSON(nil)
	})
}

// sizes of what a handshake may allocate: the analyzer, the records, and the strings and lists in them.
const (
	maxAllocs13 = 12 // reader, record, history, server name, ALPN list, fingerprints
	maxAllocs12 = 24 // and a certificate's record, its names, times and key, and the chain
)

// TestAllocations: only what ends in records is allocated; application data behind the handshake is not even looked at.
func TestAllocations(t *testing.T) {
	cert := identity(t, "www.example.com")
	for _, tc := range []struct {
		version uint16
		most    float64
	}{{tls.VersionTLS13, maxAllocs13}, {tls.VersionTLS12, maxAllocs12}} {
		segments := talk(t, first(version(tc.version, cert)), second(version(tc.version, cert)))
		c := quiet()
		if n := testing.AllocsPerRun(100, func() { pass(c, segments) }); n > tc.most {
			t.Errorf("%#x: %v allocations, at most %v", tc.version, n, tc.most)
		}
	}
}

func first(c, _ *tls.Config) *tls.Config  { return c }
func second(_, s *tls.Config) *tls.Config { return s }

// quiet is a conversation that drops what it is told.
func quiet() *analyzer.Conversation {
	return &analyzer.Conversation{Transport: analyzer.TCP, Emit: func(events.Record) {}, Confirm: func(string) {}, Weird: func(string, string) {}}
}

// pass shows whole segments to a new analyzer.
func pass(c *analyzer.Conversation, segments []segment) {
	a := Spec.New(c)
	for _, g := range segments {
		if _, err := a.Feed(chunk(g)); errors.Is(err, analyzer.ErrDone) {
			break
		}
	}
	a.Close()
}

func BenchmarkHandshake(b *testing.B) {
	cert := identity(b, "www.example.com")
	for name, v := range map[string]uint16{"TLSv12": tls.VersionTLS12, "TLSv13": tls.VersionTLS13} {
		segments := talk(b, first(version(v, cert)), second(version(v, cert)))
		b.Run(name, func(b *testing.B) {
			c := quiet()
			b.ReportAllocs()
			for b.Loop() {
				pass(c, segments)
			}
		})
	}
}

func BenchmarkCertificate(b *testing.B) {
	der := identity(b, "www.example.com", "example.com", "*.example.net").Certificate[0]
	b.ReportAllocs()
	for b.Loop() {
		var c certificate
		c.parse(der)
	}
}

func BenchmarkProbe(b *testing.B) {
	head := clientHelloRecord()
	b.ReportAllocs()
	for b.Loop() {
		Spec.Probe(flow.Orig, head, true)
	}
}
