// Package lateral holds the detectors of lateral movement: an intruder that has one host and goes on to the next. What comes in is
// records of conversations; what goes out is findings that name who went where, and by which service. It never reads what is said there.
package lateral

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// service is a way to work on another host from afar. The numbers are stored: a new one goes to the end.
type service uint8

const (
	none service = iota
	ssh
	rdp
	winrm
	telnet
	vnc
	smb
	rpc
	numServices
)

// String is the name for a person.
func (s service) String() string {
	return [numServices]string{none: "none", ssh: "SSH", rdp: "RDP", winrm: "WinRM", telnet: "Telnet", vnc: "VNC", smb: "SMB", rpc: "RPC"}[s]
}

// administers says by which service a conversation works on another host; none where it does not, or where nobody was there: both
// sides must have said something. The protocol's name counts where an analyzer confirmed one, so that SSH is found on any port and a
// web server on port 22 is none.
func administers(c *events.Conn) service {
	if c.IPProto != device.TCP || c.OrigBytes == 0 || c.RespBytes == 0 || !device.Answered(c) {
		return none
	}
	if said(c.Service, "ssh") {
		return ssh
	}
	s, names := byPort(c.RespP)
	if c.Service == "" || s == none {
		return s
	}
	for name := range strings.SplitSeq(c.Service, ",") {
		if strings.Contains(names, name) {
			return s
		}
	}
	return none
}

// byPort gives the service of a port, and the protocols that it may be confirmed as.
func byPort(port uint16) (service, string) {
	switch {
	case port == 22:
		return ssh, "ssh"
	case port == 3389:
		return rdp, "rdp,ssl,tls,ntlm"
	case port == 5985 || port == 5986:
		return winrm, "http,ssl,tls"
	case port == 23:
		return telnet, "telnet"
	case port >= 5900 && port <= 5909:
		return vnc, "rfb,vnc"
	case port == 445:
		return smb, "smb,gssapi,ntlm,krb,dce_rpc"
	case port == 135:
		return rpc, "dce_rpc,gssapi,ntlm,krb"
	}
	return none, ""
}

func said(services, name string) bool {
	for s := range strings.SplitSeq(services, ",") {
		if s == name {
			return true
		}
	}
	return false
}

// failed says whether a conversation tried to work on another host, and nobody took it.
func failed(c *events.Conn) bool {
	s, _ := byPort(c.RespP)
	return s != none && c.IPProto == device.TCP && !c.Interim && !device.Answered(c)
}

// ended is when a conversation was last heard of.
func ended(c *events.Conn) events.Time { return c.TS + events.Time(c.Duration) }

// maxUIDs is how many conversations a finding points at.
const maxUIDs = 16

func keep(list []string, uid string) []string {
	if len(list) < maxUIDs {
		list = append(list, uid)
	}
	return list
}
