package events

import "unsafe"

// KindPostgreSQL is the log of what clients asked of PostgreSQL servers.
const KindPostgreSQL Kind = "postgresql"

// PostgreSQL is a log-in, or what a client asked up to the moment when the server was ready again. Source: Zeek's postgresql.log.
type PostgreSQL struct {
	Head
	User            string  `json:"user,omitempty"` // at most 128 bytes, as the two below
	Database        string  `json:"database,omitempty"`
	ApplicationName string  `json:"application_name,omitempty"`
	Frontend        string  `json:"frontend,omitempty"`     // "startup", "simple_query", "execute"
	FrontendArg     string  `json:"frontend_arg,omitempty"` // the query, at most 512 bytes, up to where a password would follow
	Success         *bool   `json:"success,omitempty"`
	Rows            *uint64 `json:"rows,omitempty"`        // that were returned or changed, as the server said
	Backend         string  `json:"backend,omitempty"`     // "error", or the command as the server names it: "SELECT", "COPY"
	BackendArg      string  `json:"backend_arg,omitempty"` // what went wrong

	// Ours.
	ServerVersion string `json:"server_version,omitempty"` // with the log-in
	ErrorCode     string `json:"error_code,omitempty"`     // SQLSTATE, five letters
	ResultBytes   uint64 `json:"result_bytes,omitempty"`   // of everything the server said to it
}

var postgreSQLEncoder = encoderFor[PostgreSQL]()

// Kind is KindPostgreSQL.
func (*PostgreSQL) Kind() Kind { return KindPostgreSQL }

// AppendJSON appends the record as one JSON object.
func (r *PostgreSQL) AppendJSON(dst []byte) []byte {
	return postgreSQLEncoder.appendTo(dst, unsafe.Pointer(r))
}
