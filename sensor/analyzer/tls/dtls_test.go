package tls

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// datagram frames a body as one DTLS 1.2 record.
func datagram(kind byte, epoch uint16, body ...byte) []byte {
	b := append([]byte{kind, 0xfe, 0xfd}, words(epoch, 0, 0, 0, uint16(len(body)))...)
	return append(b, body...)
}

// fragment frames the bytes from offset to end of a handshake message.
func fragment(kind byte, seq uint16, body []byte, offset, end int) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(kind)<<24|uint32(len(body)))
	b = append(b, words(seq)...)
	b = append(b, byte(offset>>16), byte(offset>>8), byte(offset), 0, byte((end-offset)>>8), byte(end-offset))
	return append(b, body[offset:end]...)
}

// cookieHello is a ClientHello of DTLS 1.2.
func cookieHello(cookie string) []byte {
	h := chrome()
	h.version = versionDTLS12
	h.contents[extSupportedVersions] = short(words(0x6a6a, versionDTLS12, versionDTLS10))
	b := h.bytes()
	return slices.Concat(b[:35], short([]byte(cookie)), b[35:])
}

// datagrams is a handshake with a cookie, a certificate in two fragments, and the first one of them sent again.
func datagrams() []segment {
	der := odd(nil, tlv(tagInteger, []byte{1}), seq(), nil)
	chain := slices.Concat([]byte{0, 0, byte(len(der) + 3), 0, 0, byte(len(der))}, der)
	serverHello := slices.Concat(words(versionDTLS12), make([]byte, 33), words(0xc02b), []byte{0}, long(nil))
	keyExchange := append([]byte{namedCurveType}, words(29)...)
	all := func(kind byte, seq uint16, body []byte) []byte {
		return datagram(typeHandshake, 0, fragment(kind, seq, body, 0, len(body))...)
	}
	half := len(chain) / 2
	return []segment{
		{flow.Orig, all(messageClientHello, 0, cookieHello(""))},
		{flow.Resp, all(helloVerifyRequest, 0, append([]byte{0xfe, 0xfd}, short([]byte("cookie"))...))},
		{flow.Orig, all(messageClientHello, 1, cookieHello("cookie"))},
		{flow.Resp, slices.Concat(all(messageServerHello, 1, serverHello), datagram(typeHandshake, 0, fragment(messageCertificate, 2, chain, 0, half)...))},
		{flow.Resp, datagram(typeHandshake, 0, fragment(messageCertificate, 2, chain, 0, half)...)},
		{flow.Resp, slices.Concat(datagram(typeHandshake, 0, fragment(messageCertificate, 2, chain, half, len(chain))...),
			all(messageServerKeyExchange, 3, keyExchange), all(14, 4, nil))},
		{flow.Orig, []byte("\x00\x01 a STUN request in between")},
		{flow.Orig, slices.Concat(all(messageClientKeyExchange, 2, []byte{1}), datagram(typeChangeCipherSpec, 0, 1), datagram(typeHandshake, 1, make([]byte, 40)...))},
		{flow.Resp, slices.Concat(datagram(typeChangeCipherSpec, 0, 1), datagram(typeHandshake, 1, make([]byte, 40)...))},
	}
}

func replayDatagrams(segments []segment) *seen {
	s := &seen{}
	c := s.conversation()
	c.Transport = analyzer.UDP
	a := DTLS.New(c)
	for _, g := range segments {
		if _, s.err = a.Feed(chunk(g)); s.err != nil {
			break
		}
	}
	a.Close()
	return s
}

func TestDTLS(t *testing.T) {
	got := replayDatagrams(datagrams())
	r := got.only(t)
	if r.Version != "DTLSv12" || r.Cipher != "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" || r.Curve != "x25519" || r.ServerName != "a.example" ||
		r.SSLHistory != "CvCsxknGIi" || !r.Established || len(r.CertChainFPs) != 1 || len(got.x509) != 1 || !errors.Is(got.err, analyzer.ErrDone) {
		t.Errorf("left with %v, %s", got.err, r.AppendJSON(nil))
	}
	if r.JA4[:10] != "dd2d1516h2" || r.JA4S != "dd20000_c02b_000000000000" {
		t.Errorf("JA4 %s, JA4S %s", r.JA4, r.JA4S)
	}
	without := slices.Delete(datagrams(), 5, 6) // the rest of the certificate is lost
	if r := replayDatagrams(without).only(t); r.SSLHistory != "CvCsGIi" || len(r.CertChainFPs) != 0 {
		t.Errorf("with a datagram lost: %s", r.AppendJSON(nil))
	}
}

func TestProbeDTLS(t *testing.T) {
	all := datagrams()
	for i, want := range map[int]analyzer.Verdict{0: analyzer.Yes, 1: analyzer.Yes, 3: analyzer.Yes, 4: analyzer.No, 6: analyzer.No, 8: analyzer.No} {
		head := all[i].data[:min(len(all[i].data), analyzer.MaxProbe)]
		if got := DTLS.Probe(all[i].dir, head, false); got != want {
			t.Errorf("datagram %d: %d, want %d", i, got, want)
		}
	}
}

// FuzzDTLS: no panic on any datagrams, and the same limits as over a stream.
func FuzzDTLS(f *testing.F) {
	all := datagrams()
	f.Add(all[0].data, all[3].data, all[5].data)
	f.Add(all[2].data, all[8].data, all[7].data)
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		got := replayDatagrams([]segment{{flow.Orig, a}, {flow.Resp, b}, {flow.Orig, c}, {flow.Resp, c}})
		if len(got.ssl) > 1 || len(got.x509) > 2*maxCertificates {
			t.Errorf("%v", got.order)
		}
		DTLS.Probe(flow.Orig, a[:min(len(a), analyzer.MaxProbe)], false)
	})
}
