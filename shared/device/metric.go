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
	RareTLS
	NumMetrics // how many there are
)

// Metric is something that is counted of a device by the minute.
type Metric struct {
	Name  string // in a Sample, and in the API
	Unit  string
	Title string
	// Material is how much of it in an hour is not worth mention, in the unit: a value differs from another by as much before anybody is
	// told, and the factor between small ones is not what it seems.
	Material float64
}

// Metrics lists what is counted.
func Metrics() [NumMetrics]Metric { return metrics }

// metrics is never changed.
var metrics = [NumMetrics]Metric{
	BytesOut:          {"bytes_out", "bytes", "Bytes sent", 20e6},
	BytesIn:           {"bytes_in", "bytes", "Bytes received", 50e6},
	PacketsOut:        {"packets_out", "packets", "Packets sent", 50e3},
	PacketsIn:         {"packets_in", "packets", "Packets received", 50e3},
	Connections:       {"connections", "conversations", "Conversations begun", 200},
	Accepted:          {"accepted", "conversations", "Conversations of others with it", 500},
	FailedConnections: {"failed_connections", "conversations", "TCP conversations begun that nobody took", 50},
	Peers:             {"peers", "devices", "Different devices it turned to", 10},
	DNSQueries:        {"dns_queries", "queries", "Names asked for", 200},
	NXDomain:          {"nxdomain", "answers", "Names that do not exist", 30},
	Domains:           {"domains", "names", "Different names asked for", 50},
	HTTPErrors:        {"http_errors", "answers", "HTTP answers of 400 and above that it gave", 50},
	AuthFailures:      {"auth_failures", "attempts", "Log-ins of its own that failed", 4},
	BytesOutExternal:  {"bytes_out_external", "bytes", "Bytes sent to hosts outside", 3e6},
	BytesInExternal:   {"bytes_in_external", "bytes", "Bytes received from hosts outside", 50e6},
	NewPeers:          {"new_peers", "strangers", "Devices it turned to for the first time", 4},
	NewExternal:       {"new_external", "strangers", "Hosts outside that it turned to for the first time", 15},
	ExternalPeers:     {"external_peers", "devices", "Different hosts outside that it turned to", 20},
	SMBRead:           {"smb_read", "bytes", "Bytes read from file servers (SMB)", 50e6},
	SMBWritten:        {"smb_written", "bytes", "Bytes written to file servers (SMB)", 50e6},
	AdminConnections:  {"admin_connections", "conversations", "Conversations begun with ports of administration", 5},
	ServedBytesOut:    {"served_bytes_out", "bytes", "Bytes sent to those who turned to it", 50e6},
	ICMPBytes:         {"icmp_bytes", "bytes", "Bytes of ICMP sent", 200e3},
	RareTLS:           {"rare_tls", "handshakes", "TLS with hosts outside, or with fingerprints, that hardly anybody else has", 5},
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
