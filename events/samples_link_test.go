package events

import "time"

// linkSamples are of what hosts on one link say to find each other.
func linkSamples() []Record {
	ask := between("A5tYq0sB2mKd", "10.20.1.15", 0, "10.20.1.1", 0)
	ask.CommunityID = ""
	return []Record{
		&ARP{
			Head: ask, OrigL2: "0a:1b:2c:3d:4e:5f", RespL2: "0a:1b:2c:00:00:01", FrameL2: "0a:1b:2c:99:99:99", Requests: 2, Replies: 1, Unasked: 1,
			Answered: true, Duration: Interval(3 * time.Second), Vlan: 12,
		},
	}
}
