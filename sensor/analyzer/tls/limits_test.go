package tls

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// record frames a body; message frames a handshake message.
func record(kind byte, body ...byte) []byte {
	return append([]byte{kind, 3, 3, byte(len(body) >> 8), byte(len(body))}, body...)
}

func message(kind byte, body ...byte) []byte {
	return append([]byte{kind, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

// clientHelloRecord and serverHelloRecord open a conversation.
func clientHelloRecord() []byte { return record(typeHandshake, message(1, chrome().bytes()...)...) }

func serverHelloRecord(version, suite uint16, session []byte, extensions ...byte) []byte {
	b := append(words(version), make([]byte, 32)...)
	b = append(append(b, short(session)...), words(suite)...)
	b = append(append(b, 0), long(extensions)...)
	return record(typeHandshake, message(2, b...)...)
}

// TestFragmentedMessage: a message over many records, of one byte each in the worst case, reads as if it came in one.
func TestFragmentedMessage(t *testing.T) {
	body := message(1, chrome().bytes()...)
	want := replay([]segment{{flow.Orig, record(typeHandshake, body...)}}, whole)
	for _, size := range []int{1, 3, 100} {
		var wire []byte
		for part := range slices.Chunk(body, size) {
			wire = append(wire, record(typeHandshake, part...)...)
		}
		got := replay([]segment{{flow.Orig, wire}}, whole)
		if dump(got) != dump(want) || len(want.ssl) != 1 {
			t.Errorf("%d bytes a record:\nhave %s\nwant %s", size, dump(got), dump(want))
		}
	}
}

// TestLongMessage reaches maxMessage: the hello stands, the rest is left alone, and no more than the limit is held.
func TestLongMessage(t *testing.T) {
	over := []byte{messageCertificate, 2, 0, 0} // 128 KiB and the header
	got := replay([]segment{{flow.Orig, clientHelloRecord()}, {flow.Resp, serverHelloRecord(versionTLS12, 0xc02f, nil)},
		{flow.Resp, record(typeHandshake, over...)}}, whole)
	if r := got.only(t); r.Version != "TLSv12" || !errors.Is(got.err, analyzer.ErrDone) || !slices.Contains(got.weird, "SSL_long_handshake_message") {
		t.Errorf("left with %v, %v, %s", got.err, got.weird, r.AppendJSON(nil))
	}
	n := maxMessage - messageHeader
	most := append([]byte{99, byte(n >> 16), byte(n >> 8), byte(n)}, make([]byte, n)...)
	wire := clientHelloRecord()
	for part := range slices.Chunk(most, 1<<14) {
		wire = append(wire, record(typeHandshake, part...)...)
	}
	if r := replay([]segment{{flow.Orig, wire}}, 1460).only(t); r.SSLHistory != "CZ" {
		t.Errorf("a message of the longest kind: %s", r.AppendJSON(nil))
	}
}

// TestLongChain reaches maxCertificates.
func TestLongChain(t *testing.T) {
	der := odd(nil, tlv(tagInteger, []byte{1}), seq(), nil)
	one := append([]byte{0, byte(len(der) >> 8), byte(len(der))}, der...)
	all := slices.Repeat(one, maxCertificates+4)
	body := append([]byte{0, byte(len(all) >> 8), byte(len(all))}, all...)
	got := replay([]segment{{flow.Resp, serverHelloRecord(versionTLS12, 0x2f, nil)}, {flow.Resp, record(typeHandshake, message(messageCertificate, body...)...)}}, whole)
	if r := got.only(t); len(r.CertChainFPs) != maxCertificates || len(got.x509) != 1 || !slices.Contains(got.weird, "SSL_long_certificate_chain") {
		t.Errorf("%d in the chain, %d records, %v", len(r.CertChainFPs), len(got.x509), got.weird)
	}
}

// TestUnreadableCertificate: one certificate that is none spoils neither the chain nor the handshake.
func TestUnreadableCertificate(t *testing.T) {
	der := odd(nil, tlv(tagInteger, []byte{1}), seq(), nil)
	all := append([]byte{0, 0, 2, 1, 2, 0, byte(len(der) >> 8), byte(len(der))}, der...)
	body := append([]byte{0, byte(len(all) >> 8), byte(len(all))}, all...)
	got := replay([]segment{{flow.Resp, serverHelloRecord(versionTLS12, 0x2f, nil)}, {flow.Resp, record(typeHandshake, message(messageCertificate, body...)...)}}, whole)
	if r := got.only(t); len(r.CertChainFPs) != 1 || len(got.x509) != 1 || r.SSLHistory != "sx" || !slices.Contains(got.weird, "x509_cert_parse_error") {
		t.Errorf("%d records, %v, %s", len(got.x509), got.weird, r.AppendJSON(nil))
	}
}

// TestEndlessConversations: what never comes to an end is left alone at a limit.
func TestEndlessConversations(t *testing.T) {
	hello := segment{flow.Orig, clientHelloRecord()}
	sealed := segment{flow.Orig, record(typeApplicationData, make([]byte, 40)...)}
	warning := segment{flow.Orig, record(typeAlert, 1, 90)}
	for _, tc := range []struct {
		name     string
		segments []segment
		history  int
	}{
		{"the other side is not mirrored", append([]segment{hello}, slices.Repeat([]segment{sealed}, maxOneSided)...), 1},
		{"alerts for ever", append([]segment{hello}, slices.Repeat([]segment{warning}, maxRecords)...), maxHistory},
		{"both sides lost", []segment{hello, {dir: flow.Orig}, {dir: flow.Resp}}, 1},
	} {
		got := replay(tc.segments, whole)
		if r := got.only(t); !errors.Is(got.err, analyzer.ErrDone) || len(r.SSLHistory) != tc.history || r.Established {
			t.Errorf("%s: left with %v, %s", tc.name, got.err, r.AppendJSON(nil))
		}
		if short := replay(tc.segments[:len(tc.segments)-1], whole); short.err != nil {
			t.Errorf("%s: left with %v before the limit", tc.name, short.err)
		}
	}
}

// TestNotMine: what no hello came before is not claimed; after one, rubbish ends the reading and not the record.
func TestNotMine(t *testing.T) {
	answer := []byte("HTTP/1.1 400 Bad Request\r\n\r\n")
	if got := replay([]segment{{flow.Resp, answer}}, whole); !errors.Is(got.err, analyzer.ErrNotMine) || len(got.order) != 0 || got.confirmed != 0 {
		t.Errorf("plain HTTP: %v, %v", got.err, got.order)
	}
	got := replay([]segment{{flow.Orig, clientHelloRecord()}, {flow.Resp, answer}}, whole)
	if r := got.only(t); !errors.Is(got.err, analyzer.ErrDone) || r.SSLHistory != "C" || r.JA4 == "" {
		t.Errorf("plain HTTP as the answer: %v, %s", got.err, r.AppendJSON(nil))
	}
	short := record(typeHandshake, message(1, chrome().bytes()[:50]...)...)
	if got := replay([]segment{{flow.Orig, short}}, whole); !errors.Is(got.err, analyzer.ErrNotMine) || len(got.order) != 0 {
		t.Errorf("a hello cut short inside: %v, %v", got.err, got.order)
	}
}

// TestFromTheMiddle: application data without a hello is the protocol after a few records, and no handshake.
func TestFromTheMiddle(t *testing.T) {
	one := segment{flow.Resp, record(typeApplicationData, make([]byte, 30)...)}
	for n, confirmed := range map[int]int{minBareRecords - 1: 0, minBareRecords: 1} {
		got := replay(slices.Repeat([]segment{one}, n), whole)
		if got.confirmed != confirmed || len(got.order) != 0 || errors.Is(got.err, analyzer.ErrDone) != (confirmed == 1) {
			t.Errorf("%d records: confirmed %d, %v, %v", n, got.confirmed, got.order, got.err)
		}
	}
}

// TestResumptionRules holds each of Zeek's three ways, and their twins that are no resumption.
func TestResumptionRules(t *testing.T) {
	id := bytes.Repeat([]byte{7}, 32)
	client := func(change func(*hello), session []byte) segment {
		h := chrome()
		change(&h)
		b := h.bytes()
		b = slices.Concat(b[:34], short(session), b[35:])
		return segment{flow.Orig, record(typeHandshake, message(1, b...)...)}
	}
	server := func(v uint16, session []byte, ext ...byte) segment {
		return segment{flow.Resp, serverHelloRecord(v, 0x2f, session, ext...)}
	}
	with := func(kind uint16, data string) func(*hello) {
		return func(h *hello) { h.kinds = append(h.kinds, kind); h.contents[kind] = []byte(data) }
	}
	none := func(*hello) {}
	ccs := segment{flow.Orig, record(typeChangeCipherSpec, 1)}
	key := segment{flow.Orig, record(typeHandshake, message(messageClientKeyExchange)...)}
	v13 := slices.Concat(words(extSupportedVersions, 2, versionTLS13))
	psk := slices.Concat(v13, words(extPreSharedKey, 2, 0))
	for _, tc := range []struct {
		name     string
		segments []segment
		want     bool
	}{
		{"session id echoed", []segment{client(none, id), server(versionTLS12, id)}, true},
		{"another session id", []segment{client(none, id), server(versionTLS12, bytes.Repeat([]byte{8}, 32))}, false},
		{"no session id", []segment{client(none, nil), server(versionTLS12, nil)}, false},
		{"a session id of zeros", []segment{client(none, make([]byte, 32)), server(versionTLS12, make([]byte, 32))}, false},
		{"echoed in TLS 1.3", []segment{client(none, id), server(versionTLS12, id, v13...)}, false},
		{"ticket without key exchange", []segment{client(with(extSessionTicket, "t"), nil), server(versionTLS12, nil), ccs}, true},
		{"ticket refused", []segment{client(with(extSessionTicket, "t"), nil), server(versionTLS12, nil), key, ccs}, false},
		{"ticket asked for", []segment{client(with(extSessionTicket, ""), nil), server(versionTLS12, nil), ccs}, false},
		{"pre-shared key taken", []segment{client(with(extPreSharedKey, "k"), nil), server(versionTLS12, nil, psk...)}, true},
		{"pre-shared key refused", []segment{client(with(extPreSharedKey, "k"), nil), server(versionTLS12, nil, v13...)}, false},
		{"pre-shared key never offered", []segment{client(none, nil), server(versionTLS12, nil, psk...)}, false},
	} {
		if r := replay(tc.segments, whole).only(t); r.Resumed != tc.want {
			t.Errorf("%s: resumed %v", tc.name, r.Resumed)
		}
	}
}

// TestHelloFields: what a hello may hold beside what crypto/tls sends.
func TestHelloFields(t *testing.T) {
	long255 := strings.Repeat("a", 300)
	for _, tc := range []struct {
		name string
		ext  uint16
		data []byte
		want string
	}{
		{"name of another type first", extServerName, long(slices.Concat([]byte{1}, long([]byte("x")), []byte{0}, long([]byte("b.example")))), "b.example"},
		{"empty list", extServerName, long(nil), ""},
		{"too long", extServerName, long(append([]byte{0}, long([]byte(long255))...)), long255[:maxName]},
		{"cut short", extServerName, []byte{0, 9, 0, 0, 9, 'a'}, ""},
	} {
		h := chrome()
		h.contents[tc.ext] = tc.data
		if r := replay([]segment{{flow.Orig, record(typeHandshake, message(1, h.bytes()...)...)}}, whole).only(t); r.ServerName != tc.want {
			t.Errorf("%s: server name %q, want %q", tc.name, r.ServerName, tc.want)
		}
	}
	h := chrome()
	h.contents[extALPN] = long(slices.Repeat(short([]byte("h2")), 100))
	if r := replay([]segment{{flow.Orig, record(typeHandshake, message(1, h.bytes()...)...)}}, whole).only(t); len(r.ALPN) != maxOffered {
		t.Errorf("%d protocols kept", len(r.ALPN))
	}
	draft := slices.Concat(words(0x7f12), make([]byte, 32), words(0x1301), long(words(extKeyShare, 2, 29)))
	if r := replay([]segment{{flow.Resp, record(typeHandshake, message(2, draft...)...)}}, whole).only(t); r.Version != "TLSv13-draft18" ||
		r.Cipher != "TLS_AES_128_GCM_SHA256" || r.Curve != "x25519" {
		t.Errorf("draft 18: %s", r.AppendJSON(nil))
	}
}
