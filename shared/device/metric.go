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
	}
}
