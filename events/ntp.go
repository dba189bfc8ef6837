package events

import "unsafe"

// KindNTP is the log of NTP messages.
const KindNTP Kind = "ntp"

// NTP is one NTP message. Source: Zeek's ntp.log.
type NTP struct {
	Head
	Version   uint8    `json:"version"`
	Mode      uint8    `json:"mode"` // 3 client, 4 server, 6 control, 7 private
	Stratum   uint8    `json:"stratum"`
	Poll      Interval `json:"poll"`
	Precision Interval `json:"precision"`
	RootDelay Interval `json:"root_delay"`
	RootDisp  Interval `json:"root_disp"`
	RefID     string   `json:"ref_id,omitempty"`
	RefTime   Time     `json:"ref_time"`
	OrgTime   Time     `json:"org_time"`
	RecTime   Time     `json:"rec_time"`
	XmtTime   Time     `json:"xmt_time"`
	NumExts   uint8    `json:"num_exts"`
}

var ntpEncoder = encoderFor[NTP]()

// Kind is KindNTP.
func (*NTP) Kind() Kind { return KindNTP }

// AppendJSON appends the record as one JSON object.
func (r *NTP) AppendJSON(dst []byte) []byte { return ntpEncoder.appendTo(dst, unsafe.Pointer(r)) }
