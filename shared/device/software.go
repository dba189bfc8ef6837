package device

import (
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// SoftwareKind says what a text about software is.
type SoftwareKind uint8

// The kinds.
const (
	JA4         SoftwareKind = iota // of TLS that the device began
	JA4S                            // of TLS that it answered
	HASSH                           // of SSH that it began
	HASSHServer                     // of SSH that it answered
	UserAgent                       // of HTTP
	SSHClient                       // banner
	SSHServer                       // banner
	numSoftware
)

// String is the kind as it is stored.
func (k SoftwareKind) String() string {
	return [numSoftware]string{"ja4", "ja4s", "hassh", "hassh_server", "user_agent", "ssh_client", "ssh_server"}[k]
}

// Software is something that a device runs, as it shows on the wire.
type Software struct {
	Kind        SoftwareKind
	Text        string // at most MaxText bytes
	Count       uint32 // records that showed it
	first, last uint32 // seconds
}

// First is when it was seen first.
func (s *Software) First() events.Time { return atSecond(s.first) }

// Last is when it was seen last.
func (s *Software) Last() events.Time { return atSecond(s.last) }

// runs notes that a device showed some software. When there is too much, what was seen least recently leaves.
func (m *Model) runs(d *Device, kind SoftwareKind, text string, at events.Time) {
	if text == "" || d.Class == Group {
		return
	}
	if len(text) > MaxText {
		text = text[:MaxText]
	}
	oldest := 0
	for i := range d.Software {
		s := &d.Software[i]
		if s.Kind == kind && s.Text == text {
			s.Count++
			s.first, s.last = min(s.first, seconds(at)), max(s.last, seconds(at))
			return
		}
		if s.last < d.Software[oldest].last {
			oldest = i
		}
	}
	if len(d.Software) < MaxSoftware {
		oldest = len(d.Software)
		if cap(d.Software) == oldest { // most devices run one or two
			longer := make([]Software, oldest, oldest+2)
			copy(longer, d.Software)
			d.Software = longer
		}
		d.Software = d.Software[:oldest+1]
	} else {
		d.Overflow++
	}
	d.Software[oldest] = Software{kind, m.intern(text), 1, seconds(at), seconds(at)}
}

// maxTexts is how many texts are shared. Of a site's devices most run the same; when there are too many the table is begun anew, and
// what devices hold stays theirs.
const maxTexts = 32_768

// intern gives one copy of a text to all who keep it, and keeps no record alive by it.
func (m *Model) intern(text string) string {
	if text == "" {
		return ""
	}
	if kept, known := m.texts[text]; known {
		return kept
	}
	if len(m.texts) >= maxTexts {
		clear(m.texts)
	}
	text = strings.Clone(text)
	m.texts[text] = text
	return text
}
