package main

import (
	"strings"
	"time"
)

// el encodes an element of ASN.1, its length in the short form or in three bytes.
func el(tag byte, content ...string) string {
	b := strings.Join(content, "")
	if len(b) < 0x80 {
		return string([]byte{tag, byte(len(b))}) + b
	}
	return string([]byte{tag, 0x83}) + wide3(b)
}

// directories signs in to a directory under names that hurt, and looks for everybody.
func directories(s *stage) error {
	said := func(id int, op byte, content ...string) string {
		return el(0x30, el(2, string([]byte{byte(id)})), el(op, content...))
	}
	var talk []turn
	for i, name := range short(1000) {
		talk = append(talk, up(said(i+1, 0x60, el(2, "\x03"), el(4, "cn="+name), el(0x80, "secret"))),
			down(said(i+1, 0x61, "\x0a\x01\x31\x04", wide1(name[:min(60, len(name))]), "\x04", wide1(name[:min(60, len(name))]))))
	}
	for i, name := range short(1000) {
		find := el(0x63, el(4, "dc="+name), "\x0a\x01\x02\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00", el(0xa3, el(4, name[:min(40, len(name))]), el(4, name)), el(0x30, el(4, name)))
		talk = append(talk, up(el(0x30, el(2, string([]byte{byte(40 + i)})), find)), down(said(40+i, 0x65, "\x0a\x01\x00\x04\x00\x04\x00")))
	}
	s.tcp(guest, office, 389, talk...)
	s.wait(time.Second)
	return nil
}

// tickets asks for tickets of people and services whose names hurt: first with wrong passwords, then for accounts that do not exist.
func tickets(s *stage) error {
	for i, name := range short(400) {
		realm := short(100)[(i+4)%20]
		proof := el(0x30, el(0xa1, el(2, "\x02")), el(0xa2, el(4, el(0x30, el(0xa0, el(2, "\x12")), el(0xa2, el(4, "secret"))))))
		for j, code := range []string{"\x18", "\x06"} {
			port := uint16(50_000 + 2*i + j)
			s.udp(guest, office, port, 88, up(request(name, realm, proof)), down(refusal(code, name, realm)))
			s.wait(100 * time.Millisecond)
		}
	}
	return nil
}

func principal(field byte, kind string, parts ...string) string {
	list := ""
	for _, p := range parts {
		list += el(0x1b, p)
	}
	return el(0xa0|field, el(0x30, el(0xa0, el(2, kind)), el(0xa1, el(0x30, list))))
}

func request(name, realm, proof string) string {
	body := el(0xa0, el(3, "\x00\x40\x81\x00\x10")) + principal(1, "\x01", name) + el(0xa2, el(0x1b, realm)) + principal(3, "\x02", "krbtgt", realm) +
		el(0xa5, el(0x18, "20370913024805Z")) + el(0xa7, el(2, "\x01")) + el(0xa8, el(0x30, el(2, "\x12"), el(2, "\x17")))
	return el(0x6a, el(0x30, el(0xa1, el(2, "\x05")), el(0xa2, el(2, "\x0a")), el(0xa3, el(0x30, proof)), el(0xa4, el(0x30, body))))
}

func refusal(code, name, realm string) string {
	return el(0x7e, el(0x30, el(0xa0, el(2, "\x05")), el(0xa1, el(2, "\x1e")), el(0xa4, el(0x18, "20260302030405Z")), el(0xa5, el(2, "\x01")), el(0xa6, el(2, code)),
		principal(8, "\x01", name), el(0xa9, el(0x1b, realm)), principal(10, "\x02", "krbtgt", realm)))
}

// agents are asked by SNMP under communities that hurt.
func agents(s *stage) error {
	for i, name := range short(120) {
		oid := el(6, "\x2b\x06\x01\x02\x01\x01\x01\x00")
		ask := el(0x30, el(2, "\x01"), el(4, name), el(0xa0, el(2, "\x07"), el(2, "\x00"), el(2, "\x00"), el(0x30, el(0x30, oid, "\x05\x00"))))
		told := el(0x30, el(2, "\x01"), el(4, name), el(0xa2, el(2, "\x07"), el(2, "\x00"), el(2, "\x00"), el(0x30, el(0x30, oid, el(4, name)))))
		s.udp(guest, store, uint16(55_000+i), 161, up(ask), down(told))
		s.wait(100 * time.Millisecond)
	}
	return nil
}
