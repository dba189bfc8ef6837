package events

import "time"

// webSamples are of what follows HTTP.
func webSamples() []Record {
	return []Record{
		&WebSocket{
			Head: between("CwS3k9QmT1aa", "10.20.1.15", 40140, "203.0.113.10", 80), Host: "chat.example.com", URI: "/v1/events", UserAgent: "Mozilla/5.0",
			Subprotocol: "v1", ClientProtocols: []string{"v1"}, ClientExtensions: []string{"permessage-deflate"}, OrigFrames: 12, RespFrames: 40,
			OrigBytes: 1290, RespBytes: 86430, BinaryFrames: 52, Duration: Interval(4 * time.Second), Inner: "ssl", CloseCode: 1000,
		},
	}
}
