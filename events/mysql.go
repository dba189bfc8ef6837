package events

import "unsafe"

// KindMySQL is the log of what clients asked of MySQL servers.
const KindMySQL Kind = "mysql"

// MySQL is one command and how it ended. Source: Zeek's mysql.log.
type MySQL struct {
	Head
	Cmd      string  `json:"cmd,omitempty"` // "login", "query", "quit", "init_db", "ping", ...
	Arg      string  `json:"arg"`           // of a query its text, at most 512 bytes, up to where a password would follow; of a log-in the user
	Success  *bool   `json:"success,omitempty"`
	Rows     *uint64 `json:"rows,omitempty"`     // that were changed, as the server said; 0 for a result
	Response string  `json:"response,omitempty"` // what went wrong

	// Ours.
	ServerVersion string `json:"server_version,omitempty"` // with the log-in
	ErrorCode     uint16 `json:"error_code,omitempty"`
	ResultBytes   uint64 `json:"result_bytes,omitempty"` // of everything the server said to it
}

var mysqlEncoder = encoderFor[MySQL]()

// Kind is KindMySQL.
func (*MySQL) Kind() Kind { return KindMySQL }

// AppendJSON appends the record as one JSON object.
func (r *MySQL) AppendJSON(dst []byte) []byte { return mysqlEncoder.appendTo(dst, unsafe.Pointer(r)) }
