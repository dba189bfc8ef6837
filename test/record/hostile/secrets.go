package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// secrets begins conversations of TLS 1.2 in which names, certificates and protocols hurt. What follows the certificate is left out: it
// would be sealed.
func secrets(s *stage) error {
	for i, name := range short(250) {
		c, err := certificate(name, short(250)[(i+5)%20], int64(i+1))
		if err != nil {
			return fmt.Errorf("make certificate of %q: %w", name, err)
		}
		chain := wide3(wide3(string(c)))
		s.tcp(guest, visitor, 443, up(record(message(1, hello(name)))),
			down(record(message(2, "\x03\x03"+nonce+"\x00\xc0\x2f\x00"+wide2(extension(16, wide2(wide1(name))))))+record(message(11, chain))+record(message(14, ""))))
		s.wait(300 * time.Millisecond)
	}
	return nil
}

const nonce = "0123456789abcdef0123456789abcdef"

// hello is a ClientHello with a server's name and a protocol.
func hello(name string) string {
	extensions := extension(0, wide2("\x00"+wide2(name))) + extension(16, wide2(wide1(name))) + extension(10, wide2("\x00\x1d\x00\x17")) +
		extension(11, wide1("\x00")) + extension(13, wide2("\x04\x03\x08\x04"))
	return "\x03\x03" + nonce + "\x00" + wide2("\xc0\x2f\xc0\x30\x00\x9c") + wide1("\x00") + wide2(extensions)
}

func extension(kind uint16, body string) string {
	return string(binary.BigEndian.AppendUint16(nil, kind)) + wide2(body)
}
func message(kind byte, body string) string { return string([]byte{kind}) + wide3(body) }
func record(body string) string             { return "\x16\x03\x03" + wide2(body) }

func wide1(s string) string { return string([]byte{byte(len(s))}) + s }
func wide2(s string) string { return string(binary.BigEndian.AppendUint16(nil, uint16(len(s)))) + s }
func wide3(s string) string {
	return string([]byte{byte(len(s) >> 16), byte(len(s) >> 8), byte(len(s))}) + s
}

// certificate is one in which every name hurts. Ed25519 signs the same text the same way each time.
func certificate(subject, issuer string, serial int64) ([]byte, error) {
	key := ed25519.NewKeyFromSeed([]byte(nonce))
	named := func(name string) pkix.Name {
		text := strings.ToValidUTF8(name, "?")
		return pkix.Name{CommonName: text, Organization: []string{text}, OrganizationalUnit: []string{text}, Locality: []string{text}}
	}
	ascii := strings.Map(func(r rune) rune {
		if r > 126 {
			return -1
		}
		return r
	}, subject)
	born := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	child := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: named(subject), NotBefore: born, NotAfter: born.AddDate(0, 3, 0), // over by November
		DNSNames: []string{"shop.example", "x" + ascii}, EmailAddresses: []string{"x" + ascii},
	}
	parent := &x509.Certificate{SerialNumber: big.NewInt(1000), Subject: named(issuer)}
	return x509.CreateCertificate(nil, child, parent, key.Public(), key)
}
