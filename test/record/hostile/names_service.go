package main

import (
	"encoding/binary"
	"time"
)

// leases are DHCP requests whose hosts have names that hurt.
func leases(s *stage) error {
	for i, name := range short(200) {
		b := make([]byte, 236)
		b[0], b[1], b[2] = 1, 1, 6
		binary.BigEndian.PutUint32(b[4:], uint32(i+1))
		copy(b[28:], []byte{2, 0, 10, 20, 13, byte(60 + i)})
		b = append(b, 0x63, 0x82, 0x53, 0x63)
		answer := append([]byte{2}, b[1:]...)
		copy(answer[16:], []byte{10, 20, 13, byte(60 + i)})
		ask := string(b) + option(53, "\x03") + option(12, name) + option(60, name) + option(81, "\x00\x00\x00"+name) + "\xff"
		given := string(answer) + option(53, "\x05") + option(54, "\x0a\x14\x0d\x01") + option(51, "\x00\x00\x0e\x10") + option(15, name) + option(56, name) + "\xff"
		s.udp("10.20.13.1", "10.20.13.2", 68, 67, up(ask), down(given))
		s.wait(100 * time.Millisecond)
	}
	return nil
}

func option(tag byte, value string) string { return string([]byte{tag, byte(len(value))}) + value }

// questions asks for names that hurt, and enough of them below one domain that a tunnel is told. The answers hurt as well.
func questions(s *stage) error {
	for i, name := range append(short(240), short(60)...) {
		q := wireName(name, "evil", "example")
		ask := header(i, 0x0100, 1, 0) + q + "\x00\x10\x00\x01"
		text := name[:min(len(name), 200)]
		records := "\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x3c" + rdata(string([]byte{byte(len(text))})+text) + // TXT
			"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c" + rdata(wireName(text, "cdn", "example")) // CNAME
		s.udp(guest, "10.20.12.2", uint16(20_000+i), 53, up(ask), down(header(i, 0x8180, 1, 2)+q+"\x00\x10\x00\x01"+records))
		s.wait(150 * time.Millisecond)
	}
	return nil
}

func header(id int, flags, questions, answers uint16) string {
	b := binary.BigEndian.AppendUint16(nil, uint16(id))
	for _, n := range []uint16{flags, questions, answers, 0, 0} {
		b = binary.BigEndian.AppendUint16(b, n)
	}
	return string(b)
}

func rdata(s string) string { return string(binary.BigEndian.AppendUint16(nil, uint16(len(s)))) + s }

// wireName cuts what is longer than a label into several, as far as a name may go.
func wireName(first string, more ...string) string {
	out := ""
	first = first[:min(len(first), 180)]
	for first != "" {
		n := min(63, len(first))
		out += string([]byte{byte(n)}) + first[:n]
		first = first[n:]
	}
	for _, label := range more {
		out += string([]byte{byte(len(label))}) + label
	}
	return out + "\x00"
}
