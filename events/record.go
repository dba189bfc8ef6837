package events

import "net/netip"

// Kind names a record's log: "conn", "dns", ... It is the file name that Zeek would use.
type Kind string

// Record is anything that can stand as one line of a log.
type Record interface {
	// Kind says which log the record belongs to.
	Kind() Kind
	// Common is the head that every record carries; the engine fills what an analyzer leaves empty.
	Common() *Head
	// AppendJSON appends the record as one JSON object, with Zeek's field names, and returns the longer slice.
	AppendJSON(dst []byte) []byte
}

// Head is what all records share: when, which conversation, and which observation point.
type Head struct {
	TS          Time       `json:"ts"`               // seconds since the epoch, from the packet
	UID         string     `json:"uid"`              // the conversation's id, equal in all records of it
	OrigH       netip.Addr `json:"id.orig_h"`        // who began the conversation
	OrigP       uint16     `json:"id.orig_p"`        // its port; for ICMP the message type
	RespH       netip.Addr `json:"id.resp_h"`        // who answered, or should have
	RespP       uint16     `json:"id.resp_p"`        // its port; for ICMP the answer's type, or the code
	VNI         uint32     `json:"vni,omitempty"`    // VXLAN or GENEVE network identifier of the observation point; 0 where there was none
	Sensor      string     `json:"sensor,omitempty"` // the sensor that saw it
	CommunityID string     `json:"community_id,omitempty"`
}

// Common returns the head itself, so that embedding Head is enough to have it.
func (h *Head) Common() *Head { return h }

// Kinds lists every record kind there is, in the order in which the logs are shown.
func Kinds() []Kind {
	return []Kind{
		KindConn,
		KindDNS,
		KindHTTP,
		KindSSL,
		KindX509,
		KindSSH,
		KindDHCP,
		KindNTP,
		KindICMP,
		KindTunnel,
		KindWeird,
		KindDCERPC,
		KindNTLM,
		KindSMBMapping,
		KindSMBFiles,
		KindRaw,
		KindRFB,
		KindSOCKS,
		KindQUIC,
		KindWebSocket,
		KindARP,
		KindLogin,
		KindFTP,
		KindSMTP,
		KindSIP,
		KindMySQL,
		KindRADIUS,
		KindSyslog,
		KindDNP3,
		KindStratum,
		KindKerberos,
		KindLDAP,
		KindLDAPSearch,
		KindRDP,
		KindSunRPC,
		KindPostgreSQL,
		KindTDS,
		KindSNMP,
		KindRedis,
		KindCloudTrail,
	}
}

// Blank gives an empty record of each kind, in the order of Kinds.
func Blank() []Record {
	return []Record{
		&Conn{},
		&DNS{},
		&HTTP{},
		&SSL{},
		&X509{},
		&SSH{},
		&DHCP{},
		&NTP{},
		&ICMP{},
		&Tunnel{},
		&Weird{},
		&DCERPC{},
		&NTLM{},
		&SMBMapping{},
		&SMBFiles{},
		&Raw{},
		&RFB{},
		&SOCKS{},
		&QUIC{},
		&WebSocket{},
		&ARP{},
		&Login{},
		&FTP{},
		&SMTP{},
		&SIP{},
		&MySQL{},
		&RADIUS{},
		&Syslog{},
		&DNP3{},
		&Stratum{},
		&Kerberos{},
		&LDAP{},
		&LDAPSearch{},
		&RDP{},
		&SunRPC{},
		&PostgreSQL{},
		&TDS{},
		&SNMP{},
		&Redis{},
		&CloudTrail{},
	}
}
