package exfil

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// SMTP finds data that a host sends out by mail.
var SMTP = detect.Spec{
	Type:  "exfil.smtp",
	Title: "Data sent by mail from a host that sends none",
	Text: "Looks for mails that a host inside hands to a server outside, itself and in the clear, though it is no mail server. One mail is low risk. It " +
		"weighs more where the mail goes back to its own sender, as keyloggers report to their master's mailbox, where no mail program signs it and it carries a " +
		"file, and from 5 MB an hour on. What looks the same: a mail program whose provider is outside, which names itself, and a program that " +
		"reports by mail: a server that a host sent mail to a day ago is left alone.",
	Category: "exfil", Tactics: []string{"TA0010"}, Techniques: []string{"T1048.003"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindSMTP}, Version: 1,
	Background: "Mail leaves nearly every network. Keyloggers and thieves of passwords (Agent Tesla, HawkEye, Snake) log in to a mailbox with a password " +
		"that is built in, and send what they found to themselves; intruders mail archives to accounts that cost nothing.",
	Mitigation: []string{
		"Find the program that sent the mail: subject, recipients and names of files are in the smtp records.",
		"If nobody knows it: isolate the host, and change all passwords that were used on it.",
		"Let only the mail server send mail outside (ports 25, 465 and 587).",
	},
	New:    func() detect.Detector { return NewSMTP(SMTPDefaults()) },
	Tuning: detect.Tuned(SMTPDefaults, NewSMTP),
}

// SMTPTunables are what may be set.
type SMTPTunables struct {
	Bytes uint64        `tune:"bytes of mail from which on it is no small matter" min:"1"`
	Usual time.Duration `tune:"a server that a host sent mail to this long ago is usual" min:"1h" max:"720h"`
	Pairs int           `tune:"pairs of hosts watched" min:"100" max:"1000000"`
}

// SMTPDefaults are the tunables that the project stands for.
func SMTPDefaults() SMTPTunables {
	return SMTPTunables{Bytes: 5 << 20, Usual: 24 * time.Hour, Pairs: 20_000}
}

// Mails is the detector.
type Mails struct {
	tune SMTPTunables
	*detect.Cases
}

// The flags of a case.
const (
	mailSelf    = 1 << iota // a mail to its own sender
	mailUnnamed             // with a file, and no mail program names itself
	mailBig                 // many bytes
)

// NewSMTP makes the detector.
func NewSMTP(t SMTPTunables) *Mails {
	return &Mails{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs})}
}

// Observe counts mails.
func (d *Mails) Observe(r events.Record, v device.View) []detect.Finding {
	m, ok := r.(*events.SMTP)
	if !ok || m.Bytes == 0 || m.Accepted != nil && !*m.Accepted || !v.IsLocal(m.OrigH) || v.IsLocal(m.RespH) {
		return nil
	}
	if v.Orig != nil && v.Orig.Role() == "mail_server" {
		return nil
	}
	k := detect.CaseKey{VNI: m.VNI, By: m.OrigH, To: m.RespH}
	if c := d.Peek(k); c != nil && m.TS.Sub(c.Start) > d.tune.Usual {
		return nil
	}
	c := d.Note(k, &m.Head)
	c.Sum += m.Bytes
	c.Thing(m.Subject)
	was := c.Flags
	c.Flags |= d.marks(m, c)
	if !c.Reached(c.Count, 1) && was == c.Flags {
		return nil
	}
	c.Told = c.Count
	return []detect.Finding{d.report(k, c)}
}

// marks are what makes a mail more than a mail.
func (d *Mails) marks(m *events.SMTP, c *detect.Case) (marks uint64) {
	if m.Recipients == 1 && len(m.RcptTo) == 1 && m.MailFrom != "" && strings.EqualFold(m.RcptTo[0], m.MailFrom) {
		marks |= mailSelf
	}
	if m.UserAgent == "" && len(m.Attachments) > 0 && m.FirstReceived == "" {
		marks |= mailUnnamed
	}
	if c.Sum >= d.tune.Bytes {
		marks |= mailBig
	}
	return marks
}

func (d *Mails) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.7, fmt.Sprintf("%s sent %s, %d bytes in all, to the mail server %s outside; the first is called %q.",
		k.By, plural(fmt.Sprint(c.Count), "mail"), c.Sum, k.To, mailName(c)))
	f.Properties = map[string]any{"mails": c.Count, "bytes": c.Sum, "names": c.Names, "to_itself": c.Flags&mailSelf != 0, "unnamed_program": c.Flags&mailUnnamed != 0}
	switch {
	case c.Flags&mailSelf != 0 && c.Flags&mailUnnamed != 0:
		f.Terms = append(f.Terms, events.Term{Name: "to_itself", Points: 10, Reason: "a program that does not name itself mails a file to its own mailbox"})
	case c.Flags&mailSelf != 0:
		f.Terms = append(f.Terms, events.Term{Name: "to_itself", Points: -10, Reason: "sender and recipient are the same"})
	case c.Flags&mailBig != 0:
		f.Terms = append(f.Terms, events.Term{Name: "bytes", Points: 0, Reason: fmt.Sprintf("%d bytes", c.Sum)})
	default:
		f.Terms = append(f.Terms, events.Term{Name: "small", Points: -25, Reason: "few bytes, and nothing odd about them"})
	}
	return f
}

func mailName(c *detect.Case) string {
	if len(c.Names) == 0 {
		return ""
	}
	return c.Names[0][:min(len(c.Names[0]), 64)]
}

// Tick has nothing to do.
func (d *Mails) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *Mails) Close(device.View) []detect.Finding { return d.LastWords(d.report) }
