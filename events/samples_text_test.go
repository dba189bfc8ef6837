package events

import "net/netip"

// textSamples are of protocols that speak in lines.
func textSamples() []Record {
	return []Record{
		&Login{
			Head: between("C0tQw8nFzK5e", "10.20.1.15", 40022, "10.20.2.21", 21), Service: "ftp", User: "admin", Success: ptr(false), Mechanism: "PASS",
			Clear: true, Reply: "530 Login incorrect.",
		},
		&FTP{
			Head: between("C0tQw8nFzK5e", "10.20.1.15", 40022, "10.20.2.21", 21), User: "admin", Command: "STOR", Arg: "ftp://10.20.2.21/upload/db.tar.gz",
			ReplyCode: 226, ReplyMsg: "Transfer complete.", Passive: true, DataOrigH: netip.MustParseAddr("10.20.1.15"),
			DataRespH: netip.MustParseAddr("10.20.2.21"), DataRespP: 40100,
		},
		&SMTP{
			Head: between("CqM7vB2sYd0a", "10.20.1.15", 40025, "203.0.113.25", 25), TransDepth: 1, Helo: "web-1.example.com", MailFrom: "a@example.com",
			RcptTo: []string{"b@example.org"}, From: "<a@example.com>", To: []string{"<b@example.org>"}, Subject: "report", LastReply: "250 2.0.0 Ok: queued",
			Bytes: 48211, Recipients: 1, Attachments: []string{"report.zip"}, Accepted: ptr(true),
		},
		&SIP{
			Head: between("CsI2pQ0rTt9z", "203.0.113.77", 5060, "10.20.2.60", 5060), Method: "REGISTER", URI: "sip:pbx.example.com", RequestFrom: "<sip:100@pbx.example.com>",
			Seq: "2 REGISTER", UserAgent: "friendly-scanner", StatusCode: 403, StatusMsg: "Forbidden", AuthUser: "100",
		},
		&MySQL{
			Head: between("CmY4dQ7xLr0p", "10.20.1.15", 40333, "10.20.2.33", 3306), Cmd: "query", Arg: "select * from customers", Success: ptr(true), Rows: ptr[uint64](0),
			ResultBytes: 734211,
		},
		&RADIUS{
			Head: between("CrA9sH4uVk2w", "10.20.1.15", 40812, "10.20.2.18", 1812), Username: "ann", MAC: "02-00-00-00-00-01", FramedAddr: netip.MustParseAddr("10.20.7.7"),
			Result: "failed", TTL: 1005906000,
		},
		&Syslog{Head: between("CsL1gT6yNm8b", "10.20.1.15", 40514, "10.20.2.14", 514), Proto: "udp", Facility: "AUTH", Severity: "NOTICE", Message: "sshd[7]: Failed password"},
		&DNP3{Head: between("CdN3pW5eXz6c", "10.20.1.15", 40200, "10.20.2.20", 20000), FCRequest: "WRITE", FCReply: "RESPONSE", IIN: ptr[uint64](0)},
		&Stratum{Head: between("CsT5mI7nEr9d", "10.20.1.15", 40033, "203.0.113.33", 3333), Method: "login", Worker: "4Example", Agent: "XMRig/6.21.0", Success: ptr(true), Jobs: 1},
	}
}
