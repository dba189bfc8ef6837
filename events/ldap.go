package events

import "unsafe"

// The logs of directory access: operations, and searches by themselves.
const (
	KindLDAP       Kind = "ldap"
	KindLDAPSearch Kind = "ldap_search"
)

// LDAP is one operation other than a search and its answer, or either alone. Passwords and what is written are never kept.
// Source: Zeek's ldap.log; RFC 4511.
type LDAP struct {
	Head
	MessageID  int64  `json:"message_id,omitempty"`
	Version    int64  `json:"version,omitempty"` // of a bind
	Opcode     string `json:"opcode,omitempty"`  // "bind simple", "bind SASL", "unbind", "modify", "extended", ...; ours: "sealed" for what the SASL layer hid
	Result     string `json:"result,omitempty"`  // "success", "invalid credentials", ...
	Diagnostic string `json:"diagnostic_message,omitempty"`
	Object     string `json:"object,omitempty"`   // whom a bind names, what an operation is on, or the extended operation's OID
	Argument   string `json:"argument,omitempty"` // SASL mechanism, or REDACTED for a password

	// Ours.
	Attributes []string `json:"attributes,omitempty"` // names of what a modify changes or an add sets, at most 32; never their values
	Messages   uint64   `json:"messages,omitempty"`   // of "sealed": how many
	Bytes      uint64   `json:"bytes,omitempty"`      // of "sealed": how long together
	RTT        Interval `json:"rtt,omitempty"`
}

// LDAPSearch is one search and what came of it, or either alone. Source: Zeek's ldap_search.log.
type LDAPSearch struct {
	Head
	MessageID   int64    `json:"message_id,omitempty"`
	Scope       string   `json:"scope,omitempty"` // base, single or tree
	Deref       string   `json:"deref_aliases,omitempty"`
	BaseObject  string   `json:"base_object,omitempty"`
	ResultCount uint64   `json:"result_count"`     // entries
	Result      string   `json:"result,omitempty"` // "success", "no such object", ...
	Diagnostic  string   `json:"diagnostic_message,omitempty"`
	Filter      string   `json:"filter,omitempty"`     // RFC 4515, at most 512 bytes
	Attributes  []string `json:"attributes,omitempty"` // asked for, at most 32; Zeek has the column, and leaves it empty by default

	// Ours.
	ResultBytes uint64   `json:"result_bytes,omitempty"` // length of the entries on the wire
	RTT         Interval `json:"rtt,omitempty"`          // question to the end of the answer
}

var (
	ldapEncoder       = encoderFor[LDAP]()
	ldapSearchEncoder = encoderFor[LDAPSearch]()
)

// Kind is KindLDAP.
func (*LDAP) Kind() Kind { return KindLDAP }

// AppendJSON appends the record as one JSON object.
func (r *LDAP) AppendJSON(dst []byte) []byte { return ldapEncoder.appendTo(dst, unsafe.Pointer(r)) }

// Kind is KindLDAPSearch.
func (*LDAPSearch) Kind() Kind { return KindLDAPSearch }

// AppendJSON appends the record as one JSON object.
func (r *LDAPSearch) AppendJSON(dst []byte) []byte {
	return ldapSearchEncoder.appendTo(dst, unsafe.Pointer(r))
}
