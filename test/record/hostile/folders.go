package main

import (
	"encoding/binary"
	"strings"
	"time"
	"unicode/utf16"
)

// Of SMB 2, [MS-SMB2] section 2.2.
const (
	setUp, connect, create, closing, write, info = 1, 3, 5, 6, 9, 0x11

	answered   = 1
	goOn       = 0xc0000016
	wrong      = 0xc000006d
	handle     = "file1___file1___"
	renames    = 10
	normalFile = 0x80
)

// folders puts programs on a share under names that hurt, and renames them; before it, a guest guesses passwords.
func folders(s *stage) error {
	for _, name := range short(120) {
		s.tcp(guest, files, 445, logOn(name, wrong)...)
		s.wait(700 * time.Millisecond)
	}
	talk := logOn(image, 0)
	id := uint64(10)
	for i, name := range short(2000) {
		share := `\\` + short(60)[(i+3)%20] + `\` + []string{"ADMIN$", "C$", short(80)[i]}[i%3]
		to := short(300)[(i+1)%20]
		id += 10
		talk = append(talk,
			up(framed(connect, id, 0, 0, 0, b16(9)+b16(0)+b16(72)+b16(len(u16(share)))+u16(share))),
			down(framed(connect, id, 0, answered, 3, b16(16)+"\x01"+zeros(13))),
			up(framed(create, id+1, 0, 0, 3, b16(57)+zeros(42)+b16(120)+b16(len(u16(name)))+zeros(8)+u16(name))),
			down(framed(create, id+1, 0, answered, 3, b16(89)+zeros(2)+b32(1)+zeros(32)+b64(0)+b64(0)+b32(normalFile)+b32(0)+handle+zeros(8))),
			up(framed(write, id+2, 0, 0, 3, b16(49)+b16(112)+b32(202)+b64(0)+handle+zeros(16)+"MZ"+strings.Repeat("x", 200))),
			down(framed(write, id+2, 0, answered, 3, b16(17)+zeros(14))),
			up(framed(info, id+3, 0, 0, 3, b16(33)+"\x01"+string([]byte{renames})+b32(uint32(20+len(u16(to))))+b16(96)+zeros(6)+handle+zeros(16)+b32(uint32(len(u16(to))))+u16(to))),
			down(framed(info, id+3, 0, answered, 3, b16(2))),
			up(framed(closing, id+4, 0, 0, 3, b16(24)+zeros(6)+handle)),
			down(framed(closing, id+4, 0, answered, 3, b16(60)+zeros(58))))
	}
	s.tcp(guest, files, 445, talk...)
	s.wait(time.Second)
	return nil
}

// logOn proves a name to a server by NTLM.
func logOn(name string, status uint32) []turn {
	return []turn{
		up(framed(0, 0, 0, 0, 0, b16(36)+zeros(34))),
		down(framed(0, 0, 0, answered, 0, b16(65)+b16(1)+b16(0x0302)+zeros(58))),
		up(framed(setUp, 1, 0, 0, 0, b16(25)+zeros(10)+b16(88)+b16(16)+zeros(8)+"NTLMSSP\x00\x01\x00\x00\x00\x00\x00\x00\x00")),
		down(framed(setUp, 1, goOn, answered, 0, b16(9)+b16(0)+b16(72)+b16(len(challenge(name)))+challenge(name))),
		up(framed(setUp, 2, 0, 0, 0, b16(25)+zeros(10)+b16(88)+b16(len(proof(name)))+zeros(8)+proof(name))),
		down(framed(setUp, 2, status, answered, 0, b16(9)+b16(0)+b16(72)+b16(0))),
	}
}

// challenge is a server's, with the names that it gives itself.
func challenge(name string) string {
	list := ""
	for i := range 5 {
		list += b16(i+1) + b16(len(u16(name))) + u16(name)
	}
	list += b32(0)
	at := 56
	target := u16(name)
	return "NTLMSSP\x00\x02\x00\x00\x00" + field(len(target), at) + b32(0x00800001) + "saltsalt" + zeros(8) + field(len(list), at+len(target)) + zeros(8) + target + list
}

// proof is a client's answer.
func proof(name string) string {
	nt, domain, user, host := strings.Repeat("n", 40), u16(name), u16(name), u16(name)
	at := 64
	head := "NTLMSSP\x00\x03\x00\x00\x00"
	for _, part := range []string{"", nt, domain, user, host, ""} {
		head += field(len(part), at)
		at += len(part)
	}
	return head + b32(1) + nt + domain + user + host
}

func field(n, at int) string { return b16(n) + b16(n) + b32(uint32(at)) }

// framed is one message with its frame's head.
func framed(command int, id uint64, status, flags, tree uint32, body string) string {
	m := "\xfeSMB" + b16(64) + b16(1) + b32(status) + b16(command) + b16(1) + b32(flags) + b32(0) + b64(id) + b32(0xfeff) + b32(tree) + b64(7) + zeros(16) + body
	return "\x00" + wide3(m)
}

func b16(n int) string    { return string(binary.LittleEndian.AppendUint16(nil, uint16(n))) }
func b32(n uint32) string { return string(binary.LittleEndian.AppendUint32(nil, n)) }
func b64(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) }
func zeros(n int) string  { return strings.Repeat("\x00", n) }

// u16 is text as Windows writes it; what is no text is half of a pair, which no text may be.
func u16(s string) string {
	var b []byte
	for _, c := range utf16.Encode([]rune(s)) {
		if c == 0xfffd {
			c = 0xd800
		}
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return string(b)
}
