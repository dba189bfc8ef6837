package events

import "time"

// domainSamples are of what Windows hosts say to each other.
func domainSamples() []Record {
	smb := between("C3mKq81bTz0a", "10.20.1.15", 50211, "10.20.2.9", 445)
	return []Record{
		&DCERPC{
			Head: smb, RTT: Interval(900 * time.Microsecond), NamedPipe: `\pipe\svcctl`, Endpoint: "svcctl", Operation: "CreateServiceW",
			UUID: "367abb81-9844-35f1-ad32-98f038001003", Opnum: 12, Args: `BTOBTO %COMSPEC% /Q /c echo cd`, RequestLen: 312, Status: ptr[int64](0), AuthType: "ntlm",
		},
		&NTLM{
			Head: smb, Username: "admin", Hostname: "WS-15", DomainName: "EXAMPLE", ServerNBComputer: "FILE-9", ServerDNSComputer: "file-9.example.com",
			ServerTree: "example.com", Success: ptr(false), Carrier: "smb", Version: 2, Status: 0xc000006d, NegotiateFlags: 0xe2888215, ClientVersion: "10.0.17763",
		},
		&SMBMapping{Head: smb, Path: `\\10.20.2.9\ADMIN$`, ShareType: "DISK", Dialect: "3.1.1", Username: "admin"},
		&SMBFiles{
			Head: smb, Action: "SMB::FILE_CLOSE", Path: `\\10.20.2.9\ADMIN$`, Name: `Temp\svc.exe`, Size: 61440, Dialect: "3.1.1", Bytes: 61440,
			Program: "pe", Username: "admin",
		},
	}
}
