package events

import "unsafe"

// KindTDS is the log of what clients asked of SQL Server. Zeek has it by a package; the first three fields are that package's.
const KindTDS Kind = "tds"

// TDS is a log-in, or one thing asked and how it ended.
type TDS struct {
	Head
	Command       string `json:"command"`                  // "login", "sql_batch", "rpc", "bulk_load", "transaction"
	ProcedureName string `json:"procedure_name,omitempty"` // of an rpc, at most 128 bytes
	Query         string `json:"query,omitempty"`          // at most 512 bytes, up to where a password would follow

	// Ours.
	User          string  `json:"user,omitempty"`     // of a log-in, as the three below; each at most 128 bytes
	AppName       string  `json:"app_name,omitempty"` // that the client says of itself
	Database      string  `json:"database,omitempty"`
	ServerVersion string  `json:"server_version,omitempty"`
	Success       *bool   `json:"success,omitempty"`
	Rows          *uint64 `json:"rows,omitempty"`       // of the last statement, as far as the server said
	ErrorCode     uint32  `json:"error_code,omitempty"` // of the first error
	Response      string  `json:"response,omitempty"`   // what went wrong
	ResultBytes   uint64  `json:"result_bytes,omitempty"`
	Encrypted     bool    `json:"encrypted,omitempty"` // the log-in went inside TLS
}

var tdsEncoder = encoderFor[TDS]()

// Kind is KindTDS.
func (*TDS) Kind() Kind { return KindTDS }

// AppendJSON appends the record as one JSON object.
func (r *TDS) AppendJSON(dst []byte) []byte { return tdsEncoder.appendTo(dst, unsafe.Pointer(r)) }
