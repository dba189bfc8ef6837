package device

// The metrics, as places in the list that Metrics gives.
const (
	BytesOut = iota
	BytesIn
	PacketsOut
	PacketsIn
	Connections
	Accepted
	FailedConnections
	Peers
	DNSQueries
	NXDomain
	Domains
	HTTPErrors
	AuthFailures
	BytesOutExternal
	BytesInExternal
	NewPeers
	NewExternal
	ExternalPeers
	SMBRead
	SMBWritten
	AdminConnections
	ServedBytesOut
	ICMPBytes
	NumMetrics // how many there are
)

// Metric is something that is counted of a device by the minute.
type Metric struct {
	Name  string // in a Sample, and in the API
	Unit  string
	Title string
}

// Metrics lists what is counted.
func Metrics() [NumMetrics]Metric {
	return [NumMetrics]Metric{
		BytesOut:          {"bytes_out", "bytes", "Bytes sent"},
		BytesIn:           {"bytes_in", "bytes", "Bytes received"},
		PacketsOut:        {"packets_out", "packets", "Packets sent"},
		PacketsIn:         {"packets_in", "packets", "Packets received"},
		Connections:       {"connections", "conversations", "Conversations begun"},
		Accepted:          {"accepted", "conversations", "Conversations of others with it"},
		FailedConnections: {"failed_connections", "conversations", "TCP conversations begun that nobody took"},
		Peers:             {"peers", "devices", "Different devices it turned to"},
		DNSQueries:        {"dns_queries", "queries", "Names asked for"},
		NXDomain:          {"nxdomain", "answers", "Names that do not exist"},
		Domains:           {"domains", "names", "Different names asked for"},
		HTTPErrors:        {"http_errors", "answers", "HTTP answers of 400 and above that it gave"},
		AuthFailures:      {"auth_failures", "attempts", "Log-ins of its own that failed"},
		BytesOutExternal:  {"bytes_out_external", "bytes", "Bytes sent to hosts outside"},
		BytesInExternal:   {"bytes_in_external", "bytes", "Bytes received from hosts outside"},
		NewPeers:          {"new_peers", "strangers", "Devices it turned to for the first time"},
		NewExternal:       {"new_external", "strangers", "Hosts outside that it turned to for the first time"},
		ExternalPeers:     {"external_peers", "devices", "Different hosts outside that it turned to"},
		SMBRead:           {"smb_read", "bytes", "Bytes read from file servers (SMB)"},
		SMBWritten:        {"smb_written", "bytes", "Bytes written to file servers (SMB)"},
		AdminConnections:  {"admin_connections", "conversations", "Conversations begun with ports of administration"},
		ServedBytesOut:    {"served_bytes_out", "bytes", "Bytes sent to those who turned to it"},
		ICMPBytes:         {"icmp_bytes", "bytes", "Bytes of ICMP sent"},
	}
}

// adminPorts are the TCP ports that give command of another host: SSH, Telnet, RPC, SMB, RDP, VNC and WinRM (IANA's registry).
func adminPort(port uint16) bool {
	switch port {
	case 22, 23, 135, 445, 3389, 5900, 5985, 5986:
		return true
	}
	return false
}

// smbPort: direct, and over NetBIOS sessions.
func smbPort(port uint16) bool { return port == 445 || port == 139 }
