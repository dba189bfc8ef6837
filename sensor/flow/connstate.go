package flow

import "github.com/mirrorwatch/mirrorwatch/sensor/packet"

// ConnState is Zeek's summary of how a conversation went: S0, S1, SF, REJ, S2, S3, RSTO, RSTR, RSTOS0, RSTRH, SH, SHR or OTH.
func (c *Conversation) ConnState() string {
	switch c.Kind {
	case packet.KindTCP:
		return c.tcpSummary()
	case packet.KindUDP:
		return c.udpSummary()
	}
	return "OTH"
}

func (c *Conversation) udpSummary() string {
	switch {
	case c.Orig.Packets > 0 && c.Resp.Packets > 0:
		return "SF"
	case c.Orig.Packets > 0:
		return "S0"
	}
	return "SHR"
}

func (c *Conversation) tcpSummary() string {
	o, r := c.Orig.state, c.Resp.state
	switch {
	case r == tcpReset:
		return c.resetByResponder()
	case o == tcpReset && !r.opened() && c.resetUnanswered():
		return "RSTOS0"
	case o == tcpReset && !r.opened():
		return "OTH"
	case o == tcpReset:
		return "RSTO"
	case o == tcpClosed && r == tcpClosed:
		return "SF"
	case o == tcpClosed && !r.opened():
		return "SH"
	case o == tcpClosed:
		return "S2"
	case r == tcpClosed && !o.opened():
		return "SHR"
	case r == tcpClosed:
		return "S3"
	case o == tcpSynSent && r == tcpInactive:
		return "S0"
	case o == tcpEstablished && r == tcpEstablished:
		return "S1"
	}
	return "OTH"
}

func (c *Conversation) resetByResponder() string {
	o := c.Orig.state
	switch {
	case o == tcpSynSent || o == tcpSynAckSent:
		return "REJ"
	case o == tcpReset && c.Orig.Bytes() == 0 && c.Resp.Bytes() == 0:
		return "REJ"
	case !o.opened():
		return "RSTRH"
	}
	return "RSTR"
}

// resetUnanswered says whether the originator's SYN was followed by its reset, with nothing between them that shows more.
func (c *Conversation) resetUnanswered() bool {
	h := c.history[:c.written]
	if len(h) > 0 && h[0] == '^' {
		h = h[1:]
	}
	if len(h) == 0 || h[0] != 'S' {
		return false
	}
	for _, letter := range h[1:] {
		switch letter {
		case 'R':
			return true
		case 'H', 'A', 'F', 'G', 'I', 'Q':
			return false
		}
	}
	return false
}
