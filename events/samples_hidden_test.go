package events

import "net/netip"

// hiddenSamples are of what goes by another protocol's name, or by none.
func hiddenSamples() []Record {
	shell := between("Cb0pQ7rZk2Lm", "10.20.1.15", 50733, "203.0.113.10", 4444)
	return []Record{
		&Raw{
			Head: shell, Proto: "tcp", Marks: []string{"prompt_windows", "banner_windows"}, Prompts: 3, Commands: 2, ShellBy: "orig", Prompt: `C:\\Windows\\system32>`,
		},
		&RFB{
			Head: between("CsW2mPq8vT1x", "10.20.1.15", 51002, "203.0.113.10", 443), ClientMajor: "003", ClientMinor: "008", ServerMajor: "003", ServerMinor: "008",
			AuthMethod: "VNC", Auth: ptr(true), Share: ptr(true), DesktopName: "ws-15", Width: 1920, Height: 1080, Reverse: true,
		},
		&SOCKS{
			Head: between("CqL0xZt5bN7e", "10.20.1.15", 51010, "203.0.113.10", 1080), Version: 5, User: "u", Status: "succeeded", RequestName: "www.example.com",
			RequestP: 443, BoundHost: netip.MustParseAddr("203.0.113.10"), BoundP: 40112, Command: "connect",
		},
		&QUIC{
			Head: between("CtR5wQz3mB8k", "10.20.1.15", 51444, "203.0.113.10", 443), Version: "1", ClientInitialDCID: "95412c47018cdfe8", ServerSCID: "d5412c47018cdfe8",
			ServerName: "www.example.com", ClientProtocol: "h3", History: "ISisH",
		},
	}
}
