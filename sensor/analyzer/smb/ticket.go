package smb

import "github.com/mirrorwatch/mirrorwatch/sensor/analyzer/krb5"

// shows keeps the ticket of Kerberos that a session setup shows, until the server says whether it takes it.
func (r *reader) shows(b []byte) {
	one := krb5.FindShown(b, "smb")
	if one == nil {
		return
	}
	r.took(nil) // the one before was not answered
	one.TS = r.now
	r.ticket = one
}

// took tells of the ticket that was shown last, and whether it was taken; nil where that was not seen.
func (r *reader) took(ok *bool) {
	if r.ticket != nil {
		r.ticket.Success = ok
		r.conv.Emit(r.ticket)
		r.ticket = nil
	}
}
