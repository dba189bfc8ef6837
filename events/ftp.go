package events

import (
	"net/netip"
	"unsafe"
)

// KindFTP is the log of what FTP clients did with files.
const KindFTP Kind = "ftp"

// FTP is one command about a file or a data channel, and its reply. Source: Zeek's ftp.log; RFC 959. The password is never kept.
type FTP struct {
	Head
	User      string     `json:"user,omitempty"`
	Command   string     `json:"command,omitempty"` // RETR, STOR, APPE, STOU, DELE, PASV, EPSV, PORT, EPRT, ...
	Arg       string     `json:"arg,omitempty"`     // of a file the whole path, as far as the working directory is known: ftp://10.0.0.1/a/b
	FileSize  uint64     `json:"file_size,omitempty"`
	ReplyCode uint16     `json:"reply_code,omitempty"`
	ReplyMsg  string     `json:"reply_msg,omitempty"`
	Passive   bool       `json:"data_channel.passive"` // the client opens the data connection
	DataOrigH netip.Addr `json:"data_channel.orig_h,omitempty"`
	DataRespH netip.Addr `json:"data_channel.resp_h,omitempty"`
	DataRespP uint16     `json:"data_channel.resp_p,omitempty"`
}

var ftpEncoder = encoderFor[FTP]()

// Kind is KindFTP.
func (*FTP) Kind() Kind { return KindFTP }

// AppendJSON appends the record as one JSON object.
func (r *FTP) AppendJSON(dst []byte) []byte { return ftpEncoder.appendTo(dst, unsafe.Pointer(r)) }
