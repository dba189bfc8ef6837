package tls

import (
	"slices"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// v2Client and v2Server build SSLv2 hellos.
func v2Client(version uint16) []byte {
	body := slices.Concat([]byte{v2ClientHello}, words(version, 6, 0, 16), []byte{1, 0, 0x80, 7, 0, 0xc0}, make([]byte, 16))
	return append([]byte{0x80, byte(len(body))}, body...)
}

func v2Server(certificate []byte) []byte {
	body := slices.Concat([]byte{v2ServerHello, 0, 1}, words(versionSSL2, uint16(len(certificate)), 3, 16), certificate, []byte{7, 0, 0xc0}, make([]byte, 16))
	return append([]byte{0x80 | byte(len(body)>>8), byte(len(body))}, body...)
}

func TestProbe(t *testing.T) {
	client, server := clientHelloRecord(), serverHelloRecord(versionTLS12, 0x2f, nil)
	alert := record(typeAlert, 1, 112)
	data := record(typeApplicationData, make([]byte, 40)...)
	changed := func(b []byte, at int, to byte) []byte { b = slices.Clone(b); b[at] = to; return b }
	for _, tc := range []struct {
		name string
		head []byte
		want analyzer.Verdict
	}{
		{"client", client, analyzer.Yes},
		{"server", server, analyzer.Yes},
		{"server behind an alert", append(slices.Clone(alert), server...), analyzer.Yes},
		{"alert alone", alert, analyzer.Maybe},
		{"client behind an alert", append(slices.Clone(alert), client...), analyzer.No},
		{"SSLv2 client", v2Client(versionSSL2), analyzer.Yes},
		{"SSLv2 hello for TLS", v2Client(versionTLS10), analyzer.Yes},
		{"SSLv2 server", v2Server(nil), analyzer.Yes},
		{"SSLv2 hello whose lengths do not add up", changed(v2Client(versionSSL2), 6, 9), analyzer.No},
		{"application data", append(slices.Clone(data), data...), analyzer.Yes},
		{"application data once", data, analyzer.Maybe},
		{"application data, then rubbish", append(slices.Clone(data), "HTTP/1.1"...), analyzer.No},
		{"application data, longer than the probe", record(typeApplicationData, make([]byte, 600)...)[:512], analyzer.No},
		{"another version", changed(client, 1, 2), analyzer.No},
		{"a record too long", changed(client, 3, 0xff), analyzer.No},
		{"a message too long", changed(client, 6, 0xff), analyzer.No},
		{"a message too short", changed(changed(client, 7, 0), 8, 5), analyzer.No},
		{"another message", changed(client, 5, 11), analyzer.No},
		{"HTTP", []byte("GET / HTTP/1.1\r\n"), analyzer.No},
		{"SSH", []byte("SSH-2.0-OpenSSH_9.6\r\n"), analyzer.No},
		{"zeros", make([]byte, 64), analyzer.No},
		{"nothing", nil, analyzer.Maybe},
	} {
		if got := Spec.Probe(flow.Orig, tc.head, false); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
		if tc.want != analyzer.Yes {
			continue
		}
		for n := range tc.head { // growing, it may only be unsure, and then sure
			if Spec.Probe(flow.Orig, tc.head[:n], false) == analyzer.No {
				t.Errorf("%s: No after %d bytes", tc.name, n)
			}
		}
	}
}

func TestSSLv2(t *testing.T) {
	der := odd(nil, tlv(tagInteger, []byte{1}), seq(), nil)
	masterKey := append([]byte{0x80, 10, v2MasterKey, 7, 0, 0xc0}, make([]byte, 6)...)
	full := []segment{{flow.Orig, v2Client(versionSSL2)}, {flow.Resp, v2Server(der)}, {flow.Orig, masterKey}}
	for _, size := range []int{whole, 1} {
		got := replay(full, size)
		r := got.only(t)
		if r.Version != "SSLv2" || r.Cipher != "SSLv20_CK_DES_192_EDE3_CBC_WITH_MD5" || r.SSLHistory != "Cs" || !r.Established || len(r.CertChainFPs) != 1 || len(got.x509) != 1 {
			t.Errorf("SSLv2: %s", r.AppendJSON(nil))
		}
	}
	refused := []segment{{flow.Orig, v2Client(versionSSL2)}, {flow.Resp, []byte{0x80, 3, v2Error, 0, 1}}}
	if r := replay(refused, whole).only(t); r.SSLHistory != "Cl" || r.LastAlert != "unknown-1" {
		t.Errorf("SSLv2 refused: %s", r.AppendJSON(nil))
	}
	upgraded := []segment{{flow.Orig, v2Client(versionTLS10)}, {flow.Resp, serverHelloRecord(versionTLS10, 0x2f, nil)}}
	if r := replay(upgraded, whole).only(t); r.Version != "TLSv10" || r.SSLHistory != "Cs" {
		t.Errorf("TLS by an SSLv2 hello: %s", r.AppendJSON(nil))
	}
}
