package events

import "unsafe"

// KindKerberos is the log of tickets that were asked for, given, refused and shown.
const KindKerberos Kind = "kerberos"

// Kerberos is one question to a key distribution centre and its answer, or either alone; or one ticket shown to a service, whatever protocol
// carried it. Keys, tickets and pre-authentication are never kept. Source: Zeek's kerberos.log; RFC 4120.
type Kerberos struct {
	Head
	RequestType string `json:"request_type,omitempty"` // AS, TGS, or AP for a ticket shown to a service
	Client      string `json:"client,omitempty"`       // "name/REALM"; the name is empty where only the realm is known
	Service     string `json:"service,omitempty"`      // "krbtgt/REALM", "cifs/host.example.com", ...
	Success     *bool  `json:"success,omitempty"`      // absent where no answer was seen
	ErrorMsg    string `json:"error_msg,omitempty"`    // the answer's own text, or else the error's name
	From        Time   `json:"from,omitempty"`         // asked for
	Till        Time   `json:"till,omitempty"`         //
	Cipher      string `json:"cipher,omitempty"`       // of the ticket: the key of the service it is for
	Forwardable *bool  `json:"forwardable,omitempty"`  // asked for
	Renewable   *bool  `json:"renewable,omitempty"`    //

	// Ours: what tells a client from a tool that looks for weak keys.
	ErrorCode     uint32   `json:"error_code,omitempty"`     // RFC 4120 section 7.5.9
	Etypes        []string `json:"etypes,omitempty"`         // encryption that the client offered, in its order, at most 16
	KDCEtypes     []string `json:"kdc_etypes,omitempty"`     // for which the account has keys, as a controller says when it asks for proof, at most 16
	Preauth       string   `json:"preauth,omitempty"`        // how an AS request proved who asks: "timestamp", "pkinit", "fast" or "other"; empty: not at all
	PreauthCipher string   `json:"preauth_cipher,omitempty"` // of that timestamp: the kind of key that the client has
	ReplyCipher   string   `json:"reply_cipher,omitempty"`   // of the part of the answer that is for the client; in an AS answer under the key of its password
	TGTCipher     string   `json:"tgt_cipher,omitempty"`     // of the ticket that a TGS request shows
	TGTForeign    bool     `json:"tgt_foreign,omitempty"`    // that ticket comes from another realm, under the key of a trust
	KDCOptions    uint32   `json:"kdc_options,omitempty"`    // asked for, the first bit is the highest; RFC 4120 section 5.4.1
	ServiceType   uint8    `json:"service_type,omitempty"`   // name type of the service asked for; RFC 4120 section 6.2
	RTT           Interval `json:"rtt,omitempty"`            // question to answer
	Carrier       string   `json:"carrier,omitempty"`        // of AP: "ldap", "smb", "http", ...
}

var kerberosEncoder = encoderFor[Kerberos]()

// Kind is KindKerberos.
func (*Kerberos) Kind() Kind { return KindKerberos }

// AppendJSON appends the record as one JSON object.
func (r *Kerberos) AppendJSON(dst []byte) []byte {
	return kerberosEncoder.appendTo(dst, unsafe.Pointer(r))
}
