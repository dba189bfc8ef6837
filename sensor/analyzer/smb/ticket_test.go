package smb

import (
	"slices"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func der(tag byte, content string) string { return string([]byte{tag, byte(len(content))}) + content }

// krbToken is a ticket for cifs/fs in a token of GSS-API.
func krbToken() string {
	encrypted := der(0xa3, der(0x30, der(0xa0, "\x02\x01\x12")+der(0xa2, der(4, "secret"))))
	service := der(0xa2, der(0x30, der(0xa0, "\x02\x01\x02")+der(0xa1, der(0x30, der(0x1b, "cifs")+der(0x1b, "fs")))))
	ticket := der(0xa3, der(0x61, der(0x30, der(0xa0, "\x02\x01\x05")+der(0xa1, der(0x1b, "X.COM"))+service+encrypted)))
	return der(0x60, der(6, "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02")+"\x01\x00"+der(0x6e, der(0x30, der(0xa0, "\x02\x01\x05")+der(0xa1, "\x02\x01\x0e")+der(0xa2, "\x03\x05\x00\x00\x00\x00\x00")+ticket)))
}

// Catches: a log-in by Kerberos that leaves no record, or one that says the wrong outcome.
func TestTicketIsTold(t *testing.T) {
	for _, tt := range []struct {
		what string
		in   []part
		want []string
	}{
		{"taken", both(c(framed(setup2(1, 0, krbToken()))), s(framed(setupAnswer2(1, 7, 0, 0, "")))), []string{"cifs/fs yes"}},
		{"refused", both(c(framed(setup2(1, 0, krbToken()))), s(framed(setupAnswer2(1, 7, 0xc000006d, 0, "")))), []string{"cifs/fs no"}},
		{"no verdict", both(c(framed(setup2(1, 0, krbToken())))), []string{"cifs/fs ?"}},
	} {
		for _, step := range []int{1, 1 << 20} {
			var got []string
			for _, r := range play(t, tt.in, step).records {
				if k, ok := r.(*events.Kerberos); ok {
					outcome := "?"
					if k.Success != nil {
						outcome = map[bool]string{true: "yes", false: "no"}[*k.Success]
					}
					got = append(got, k.Service+" "+outcome)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%s, %d at a time: got %q, want %q", tt.what, step, got, tt.want)
			}
		}
	}
}
