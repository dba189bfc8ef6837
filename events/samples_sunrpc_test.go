package events

import "time"

// sunRPCSamples are of what hosts that share files by NFS say to each other.
func sunRPCSamples() []Record {
	return []Record{
		&SunRPC{
			Head: between("C9sunrpc1abc", "10.20.1.15", 803, "10.20.2.9", 111), RTT: Interval(700 * time.Microsecond), Program: "portmap", Version: 4,
			Procedure: "GETADDR", Machine: "ws-15", Args: "nlm", LongestArg: 15, Address: "10.20.2.9.8.1", AddressLen: 13, Answered: true,
		},
	}
}
