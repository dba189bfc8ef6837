package websocket

import "bytes"

// inner names the protocol that data begins with, by Zeek's name of its service; "" for what a WebSocket is for.
func inner(b []byte) string {
	switch {
	case len(b) > 5 && b[0] == 0x16 && b[1] == 3 && b[2] <= 4 && (b[5] == 1 || b[5] == 2):
		return "ssl"
	case bytes.HasPrefix(b, []byte("SSH-2.0-")), bytes.HasPrefix(b, []byte("SSH-1.")):
		return "ssh"
	case bytes.HasPrefix(b, []byte("RFB 00")):
		return "rfb"
	case len(b) > 7 && b[0] == 3 && b[1] == 0 && int(b[2])<<8|int(b[3]) >= 7 && (b[5] == 0xe0 || b[5] == 0xd0) && int(b[4])+5 <= int(b[2])<<8|int(b[3]):
		return "rdp"
	case len(b) > 8 && b[0] == 0 && (bytes.HasPrefix(b[4:], []byte("\xffSMB")) || bytes.HasPrefix(b[4:], []byte("\xfeSMB"))):
		return "smb"
	case isSocks(b):
		return "socks"
	case isHTTP(b):
		return "http"
	}
	return ""
}

// isSocks says whether b is a SOCKS5 greeting, as long as it says, with methods that exist (RFC 1928).
func isSocks(b []byte) bool {
	if len(b) < 3 || b[0] != 5 || b[1] == 0 || b[1] > 4 || len(b) != 2+int(b[1]) {
		return false
	}
	for _, method := range b[2:] {
		if method > 3 {
			return false
		}
	}
	return true
}

func isHTTP(b []byte) bool {
	for _, m := range [...]string{"GET /", "POST /", "CONNECT ", "HTTP/1."} {
		if bytes.HasPrefix(b, []byte(m)) {
			return true
		}
	}
	return false
}
