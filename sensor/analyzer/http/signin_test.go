package http

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
)

func signInDER(tag byte, content string) string {
	return string([]byte{tag, byte(len(content))}) + content
}

// signInTicket is a ticket for HTTP/ws in a token of GSS-API.
func signInTicket() string {
	d := signInDER
	encrypted := d(0xa3, d(0x30, d(0xa0, "\x02\x01\x17")+d(0xa2, d(4, "secret"))))
	service := d(0xa2, d(0x30, d(0xa0, "\x02\x01\x02")+d(0xa1, d(0x30, d(0x1b, "HTTP")+d(0x1b, "ws")))))
	ticket := d(0xa3, d(0x61, d(0x30, d(0xa0, "\x02\x01\x05")+d(0xa1, d(0x1b, "X.COM"))+service+encrypted)))
	return d(0x60, d(6, "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02")+"\x01\x00"+d(0x6e, d(0x30, d(0xa0, "\x02\x01\x05")+d(0xa1, "\x02\x01\x0e")+d(0xa2, "\x03\x05\x00\x00\x00\x00\x00")+ticket)))
}

const signInNTLM = "NTLMSSP\x00"

// signInAnswer is an AUTHENTICATE message of EX\al ([MS-NLMP] section 2.2.1.3).
func signInAnswer() string {
	field := func(n, at uint32) string {
		b := binary.LittleEndian.AppendUint16(nil, uint16(n))
		return string(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint16(b, uint16(n)), at))
	}
	const head = 64
	return signInNTLM + "\x03\x00\x00\x00" + field(0, head) + field(24, head+12) + field(4, head) + field(4, head+4) + field(4, head+8) + field(0, head+36) + "\x01\x00\x00\x00" +
		"E\x00X\x00a\x00l\x00W\x00S\x00" + strings.Repeat("r", 24)
}

// Catches: a log-in to a web server or WinRM that leaves no record, one with the wrong outcome, and a token that is none.
func TestSignIn(t *testing.T) {
	post := func(credentials string) analyzertest.Said {
		return analyzertest.Client("POST /wsman HTTP/1.1\r\nHost: ws\r\nAuthorization: " + credentials + "\r\nContent-Length: 0\r\n\r\n")
	}
	reply := func(code int, challenge string) analyzertest.Said {
		return analyzertest.Server(fmt.Sprintf("HTTP/1.1 %d x\r\n%sContent-Length: 0\r\n\r\n", code, challenge))
	}
	b64 := base64.StdEncoding.EncodeToString
	ask, answer := b64([]byte(signInNTLM+"\x01\x00\x00\x00"+strings.Repeat("\x00", 24))), b64([]byte(signInAnswer()))
	challenge := "WWW-Authenticate: NTLM " + b64([]byte(signInNTLM+"\x02\x00\x00\x00"+strings.Repeat("\x00", 8)+"\x01\x00\x00\x00challeng"+strings.Repeat("\x00", 16))) + "\r\n"
	ticket := b64([]byte(signInTicket()))
	for _, tt := range []struct {
		what string
		in   []analyzertest.Said
		want []string
	}{
		{"Kerberos", []analyzertest.Said{post("Kerberos " + ticket), reply(200, "")}, []string{"AP HTTP/ws rc4-hmac http true"}},
		{"Negotiate, refused", []analyzertest.Said{post("Negotiate " + ticket), reply(401, "")}, []string{"AP HTTP/ws rc4-hmac http false"}},
		{"not answered", []analyzertest.Said{post("Negotiate " + ticket)}, []string{"AP HTTP/ws rc4-hmac http ?"}},
		{"NTLM", []analyzertest.Said{post("NTLM " + ask), reply(401, challenge), post("NTLM " + answer), reply(200, "")}, []string{"ntlm al EX http true"}},
		{"NTLM, refused", []analyzertest.Said{post("NTLM " + ask), reply(401, challenge), post("NTLM " + answer), reply(401, "")}, []string{"ntlm al EX http false"}},
		{"no token", []analyzertest.Said{post("Negotiate !!!!"), reply(401, "WWW-Authenticate: Negotiate\r\n"), post("Basic " + b64([]byte("a:b"))), reply(200, ""), post("Negotiate " + b64([]byte("nothing"))), reply(200, "")}, nil},
	} {
		var got []string
		for _, r := range analyzertest.Same(t, []analyzer.Spec{Spec}, 5985, tt.in).Records {
			var taken *bool
			text := ""
			switch r := r.(type) {
			case *events.Kerberos:
				text, taken = fmt.Sprintf("%s %s %s %s ", r.RequestType, r.Service, r.Cipher, r.Carrier), r.Success
			case *events.NTLM:
				text, taken = fmt.Sprintf("ntlm %s %s %s ", r.Username, r.DomainName, r.Carrier), r.Success
			default:
				continue
			}
			if taken == nil {
				got = append(got, text+"?")
			} else {
				got = append(got, text+fmt.Sprint(*taken))
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}
