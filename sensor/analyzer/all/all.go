// Package all is the ordered list of analyzers. What goes out is the list; nothing comes in. It never decides: an analyzer is added
// by one line here, and its place is its turn when several could take a conversation. Cheap and certain probes stand first.
package all

import (
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/dcerpc"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/dhcp"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/dnp3"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/dns"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ftp"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/http"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/icmp"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/kerberos"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ldap"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/mysql"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ntp"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/postgresql"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/radius"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/raw"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/rdp"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/redis"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/rfb"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/sip"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/smb"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/smtp"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/snmp"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/socks"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ssh"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/ssrp"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/stratum"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/sunrpc"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/syslog"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/tds"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/telnet"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/tls"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/vpn"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/websocket"
)

// Specs lists every analyzer there is, in the order in which they are asked.
func Specs() []analyzer.Spec {
	return []analyzer.Spec{
		tls.Spec,
		ssh.Spec,
		dcerpc.Spec,
		sunrpc.Spec,
		rfb.Spec,
		ftp.Spec,
		smtp.Spec,
		sip.Spec,
		mysql.Spec,
		postgresql.Spec,
		tds.Spec,
		redis.Spec,
		stratum.Spec,
		telnet.Spec,
		http.Spec,
		smb.Spec,
		dns.Spec,
		dhcp.Spec,
		ntp.Spec,
		radius.Spec,
		syslog.Spec,
		snmp.Spec,
		dnp3.Spec,
		kerberos.Spec,
		ssrp.Spec,
		ldap.Spec,
		rdp.Spec,
		icmp.Spec,
		tls.DTLS,
		tls.QUIC,
		socks.Spec,
		vpn.WireGuard,
		vpn.OpenVPN,
		vpn.OpenVPNTo,
		vpn.IKE,
		tls.StartTLS,
		websocket.Spec,
		raw.Spec,
	}
}
