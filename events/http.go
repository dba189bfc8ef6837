package events

import "unsafe"

// KindHTTP is the log of HTTP/1.x requests and their answers.
const KindHTTP Kind = "http"

// HTTP is one request and its answer. Bodies are counted and typed, never kept.
// Source: Zeek's http.log.
type HTTP struct {
	Head
	TransDepth    uint32   `json:"trans_depth"` // place in the pipeline, from 1
	Method        string   `json:"method,omitempty"`
	Host          string   `json:"host,omitempty"`
	URI           string   `json:"uri,omitempty"`
	Referrer      string   `json:"referrer,omitempty"` // without the scheme, as Zeek
	Version       string   `json:"version,omitempty"`  // "1.1"
	UserAgent     string   `json:"user_agent,omitempty"`
	Origin        string   `json:"origin,omitempty"`
	RequestLen    uint64   `json:"request_body_len"`  // of a gzip body the length of what it holds, as in Zeek: gzip's own length field says it, nothing is inflated
	ResponseLen   uint64   `json:"response_body_len"` // likewise
	StatusCode    uint16   `json:"status_code,omitempty"`
	StatusMsg     string   `json:"status_msg,omitempty"`
	InfoCode      uint16   `json:"info_code,omitempty"` // last 1xx seen
	InfoMsg       string   `json:"info_msg,omitempty"`
	Username      string   `json:"username,omitempty"` // from Basic authentication; the password is never kept
	Proxied       []string `json:"proxied,omitempty"`  // headers that speak of a proxy, "NAME -> value"
	OrigFilenames []string `json:"orig_filenames,omitempty"`
	OrigMimeTypes []string `json:"orig_mime_types,omitempty"`
	RespFilenames []string `json:"resp_filenames,omitempty"`
	RespMimeTypes []string `json:"resp_mime_types,omitempty"`

	// Ours: header lines that carry an expression in ${...} form, name and value, each cut at 512 bytes, at most 8.
	// They are kept because look-up injections (Log4Shell) may stand in any header.
	Lookups     []string `json:"lookups,omitempty"`
	ContentType string   `json:"content_type,omitempty"` // as the answer declared it

	// Ours: what an injection is judged by. Values of the request that hold what one needs, decoded, as "query id: 1' or '1'='1" (or
	// path, form, body, header, cookie); each cut at 512 bytes, at most 8. Of a secret place only the expression is kept.
	Suspicious   []string `json:"suspicious,omitempty"`
	RequestMarks []string `json:"request_marks,omitempty"` // what is odd about the request, in fixed words: "length_and_chunked", "archive_upload"
	AnswerMarks  []string `json:"answer_marks,omitempty"`  // what the answer to a suspicious request shows, in fixed words: "passwd_file", "id_output"
	RequestType  string   `json:"request_type,omitempty"`  // content type as the request declared it
	Server       string   `json:"server,omitempty"`        // software, as the answer names it
	Location     string   `json:"location,omitempty"`      // where a redirect leads, without its query
	AuthScheme   string   `json:"auth_scheme,omitempty"`   // of the request's credentials: "Basic", "NTLM"; the credentials are never kept
	Session      string   `json:"session,omitempty"`       // first 8 hex digits of the SHA-256 of a session cookie: two can be compared, none can be used
	AWSKeys      []string `json:"aws_keys,omitempty"`      // ids of AWS access keys in a body, masked: "AKIA************WXYZ"
}

var httpEncoder = encoderFor[HTTP]()

// Kind is KindHTTP.
func (*HTTP) Kind() Kind { return KindHTTP }

// AppendJSON appends the record as one JSON object.
func (r *HTTP) AppendJSON(dst []byte) []byte { return httpEncoder.appendTo(dst, unsafe.Pointer(r)) }
