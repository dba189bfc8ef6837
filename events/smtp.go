package events

import "unsafe"

// KindSMTP is the log of mail transactions.
const KindSMTP Kind = "smtp"

// SMTP is one mail, or a session that brought none. Of the message the header's lines are read, never the text. Source: Zeek's smtp.log; RFC 5321.
type SMTP struct {
	Head
	TransDepth     uint32   `json:"trans_depth"` // place in the session, from 1
	Helo           string   `json:"helo,omitempty"`
	MailFrom       string   `json:"mailfrom,omitempty"`
	RcptTo         []string `json:"rcptto,omitempty"`    // at most 100
	Date           string   `json:"mail_date,omitempty"` // Zeek: date, which is the name of a partition here
	From           string   `json:"from,omitempty"`
	To             []string `json:"to,omitempty"`
	CC             []string `json:"cc,omitempty"`
	ReplyTo        string   `json:"reply_to,omitempty"`
	MsgID          string   `json:"msg_id,omitempty"`
	InReplyTo      string   `json:"in_reply_to,omitempty"`
	Subject        string   `json:"subject,omitempty"`
	FirstReceived  string   `json:"first_received,omitempty"`
	SecondReceived string   `json:"second_received,omitempty"`
	LastReply      string   `json:"last_reply,omitempty"`
	UserAgent      string   `json:"user_agent,omitempty"`
	TLS            bool     `json:"tls"`

	// Ours.
	Bytes       uint64   `json:"bytes,omitempty"`       // of the message, header and body
	Recipients  uint32   `json:"recipients,omitempty"`  // also those beyond what rcptto keeps
	Attachments []string `json:"attachments,omitempty"` // names of attached files, at most 16
	User        string   `json:"user,omitempty"`        // who logged in before
	Accepted    *bool    `json:"accepted,omitempty"`    // whether the server took the message; absent where no message was sent
}

var smtpEncoder = encoderFor[SMTP]()

// Kind is KindSMTP.
func (*SMTP) Kind() Kind { return KindSMTP }

// AppendJSON appends the record as one JSON object.
func (r *SMTP) AppendJSON(dst []byte) []byte { return smtpEncoder.appendTo(dst, unsafe.Pointer(r)) }
