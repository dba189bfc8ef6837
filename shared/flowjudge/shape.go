package flowjudge

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// A record of flow logs has addresses, ports, counts and times, and perhaps the flags that were seen of TCP. What detectors read beyond that
// (the payload, the state of the conversation, who began it) is reckoned here from those, and nothing is made up: where the counts do not
// say it, it stays unknown.

// TCP header flags, RFC 9293 section 3.1. Flow logs or those of a window, and leave ACK out.
const (
	flagFIN = 1
	flagSYN = 2
	flagRST = 4
	flagACK = 16
)

// Lengths of headers, in bytes: IPv4 and IPv6, and TCP as most systems send it. A SYN has the most options, a reset none.
const (
	ip4Header  = 20
	ip6Header  = 40
	tcpUsual   = 32 // with timestamps
	tcpLongest = 40 // of a SYN
	tcpBare    = 20
	udpHeader  = 8
)

// firstEphemeral is where Linux begins to take clients' ports.
const firstEphemeral = 32768

// server ranks a port: the higher, the likelier it is the one that was asked for.
func server(port uint16) int {
	switch {
	case port == 0:
		return 0
	case port < 1024:
		return 3
	case port >= firstEphemeral:
		return 0
	}
	switch port {
	case 1433, 1521, 2049, 2375, 2379, 3000, 3128, 3306, 3389, 5000, 5432, 5671, 5672, 5900, 5985, 5986, 6379, 6443, 8000, 8080, 8081, 8443, 8883, 8888, 9000, 9042,
		9090, 9092, 9093, 9094, 9100, 9200, 9300, 10250, 11211, 27017:
		return 2
	}
	return 1
}

// shape makes a record of flow logs one that detectors can read. It says whether there is anything in it to judge.
func shape(c *events.Conn) bool {
	if !c.OrigH.IsValid() || !c.RespH.IsValid() || c.OrigPkts == 0 && c.RespPkts == 0 {
		return false
	}
	if answers(c) {
		turn(c)
	}
	c.Source, c.Sensor = events.FlowLog, events.FlowLog
	c.Service, c.History = "", ""
	c.MissedBytes, c.TunnelParents, c.DuplicateVNIs = 0, nil, nil
	if c.Action == reject {
		return rejected(c)
	}
	c.OrigBytes = payload(c, c.OrigPkts, c.OrigIPBytes, c.OrigBytes)
	c.RespBytes = payload(c, c.RespPkts, c.RespIPBytes, c.RespBytes)
	if c.IPProto == device.TCP {
		state(c)
	}
	return true
}

// reject is the Action of what was let not through.
const reject = "REJECT"

func ports(c *events.Conn) bool { return c.IPProto == device.TCP || c.IPProto == device.UDP }

// answers says whether a record looks like the answer of a conversation whose question the reader did not see. What was rejected is mostly a
// question, from whatever port: there only a well-known one counts.
func answers(c *events.Conn) bool {
	if !ports(c) || c.TCPFlags&flagSYN != 0 {
		return false
	}
	from, to := server(c.OrigP), server(c.RespP)
	return from > to && (from > 1 || c.Action != reject)
}

// turn makes the responder the originator: the reader could not tell, and saw the answer first, or nothing else. From a service's port to a
// client's goes an answer.
func turn(c *events.Conn) {
	c.OrigH, c.RespH, c.OrigP, c.RespP = c.RespH, c.OrigH, c.RespP, c.OrigP
	c.OrigBytes, c.RespBytes, c.OrigIPBytes, c.RespIPBytes = c.RespBytes, c.OrigBytes, c.RespIPBytes, c.OrigIPBytes
	c.OrigPkts, c.RespPkts = c.RespPkts, c.OrigPkts
	c.LocalOrig, c.LocalResp, c.OrigL2, c.RespL2 = c.LocalResp, c.LocalOrig, c.RespL2, c.OrigL2
	c.TCPFlags = 0 // they were the answer's
	switch c.Direction {
	case ingress:
		c.Direction = egress
	case egress:
		c.Direction = ingress
	}
}

// The directions, as the interface sees them.
const (
	ingress = "ingress"
	egress  = "egress"
)

// rejected is a try that carried nothing, however many packets were sent. An answer that came too late, after the security group had forgotten
// the question, is none.
func rejected(c *events.Conn) bool {
	if c.OrigPkts == 0 {
		return false
	}
	c.OrigPkts, c.RespPkts = 1, 0
	c.OrigBytes, c.RespBytes, c.OrigIPBytes, c.RespIPBytes = 0, 0, 0, 0
	switch {
	case c.IPProto == device.TCP:
		c.ConnState, c.History, c.TCPFlags = "S0", "S", flagSYN
	case c.OrigP != 0 || c.RespP != 0:
	case c.IPProto == device.ICMP: // flow logs have no type; what is rejected is hardly ever anything but an echo request
		c.OrigP = echo
	case c.IPProto == device.ICMPv6:
		c.OrigP = echoV6
	}
	return true
}

// Echo requests: RFC 792 and RFC 4443.
const (
	echo   = 8
	echoV6 = 128
)

// payload reckons what of a direction's bytes was payload, where the reader did not.
func payload(c *events.Conn, pkts, ipBytes, known uint64) uint64 {
	if known > 0 || pkts == 0 {
		return known
	}
	header := uint64(ip4Header)
	if c.OrigH.Is6() {
		header = ip6Header
	}
	switch c.IPProto {
	case device.TCP:
		if ipBytes <= pkts*(header+tcpLongest) {
			return 0
		}
		return ipBytes - min(ipBytes, pkts*(header+tcpUsual))
	case device.UDP:
		header += udpHeader
	}
	return ipBytes - min(ipBytes, pkts*header)
}

// state says what became of a TCP conversation, in Zeek's words. The reader's word holds where the log had flags; without them the counts
// tell. What is told of the flags and the history is what detectors ask them: whether it began here, and whether the handshake was completed.
func state(c *events.Conn) {
	const told = flagSYN | flagFIN | flagRST
	if c.OrigPkts == 0 || c.ConnState == "OTH" && c.TCPFlags&told != 0 {
		c.ConnState = "OTH" // its beginning is in an earlier window
		c.TCPFlags |= flagACK
		return
	}
	if c.ConnState == "" || c.ConnState == "OTH" {
		c.ConnState = byCounts(c)
	}
	if c.ConnState == "OTH" {
		c.TCPFlags |= flagACK
		return
	}
	c.TCPFlags |= flagSYN
	switch {
	case !device.Answered(c):
		c.History = "S"
	case c.OrigPkts >= 3 || c.OrigBytes > 0:
		c.History = "ShA"
		c.TCPFlags |= flagACK
	default:
		c.History = "Sh" // accepted, and dropped at once
		c.TCPFlags &^= flagACK
	}
}

// byCounts is the state where the log had no flags.
func byCounts(c *events.Conn) string {
	switch {
	case c.RespPkts == 0 && c.OrigBytes > 0:
		return "OTH" // data goes to who has accepted: the answer was logged elsewhere
	case c.RespPkts == 0:
		return "S0"
	case refused(c):
		return "REJ"
	case c.OrigPkts >= 3 || c.OrigBytes > 0:
		return "S1"
	}
	return "RSTO"
}

// refused says that nothing but resets came back: what accepts has options.
func refused(c *events.Conn) bool {
	header := uint64(ip4Header + tcpBare)
	if c.OrigH.Is6() {
		header = ip6Header + tcpBare
	}
	return c.OrigBytes == 0 && c.RespBytes == 0 && c.RespPkts > 0 && c.RespIPBytes > 0 && c.RespIPBytes <= c.RespPkts*header
}
