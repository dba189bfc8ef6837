package access

import (
	"fmt"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// MaliciousMail finds mails that carry programs, and hosts that send spam.
var MaliciousMail = detect.Spec{
	Type:  "access.malicious_mail",
	Title: "Suspicious mail delivery",
	Text: "Looks for mails in the clear that carry a file whose name ends as a program's, a script's or a disk image's (.exe, .js, .iso, .lnk, ...) or hides such " +
		"an end behind another (invoice.pdf.exe), and for a host that sends mails under ten different senders within the hour, though it " +
		"is no mail server. Most intrusions begin with a mail. What looks the same: developers who mail scripts to each other, and a newsletter, which has one " +
		"sender and many recipients.",
	Category: "access", Tactics: []string{"TA0001"}, Techniques: []string{"T1566.001"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindSMTP}, Version: 1,
	Background: "A mail with a program in it needs one person who opens it. Filters know the programs of yesterday, so senders wrap them: in disk images, " +
		"shortcuts and scripts, under names that look like invoices. Hosts that were taken over this way send the next ones.",
	Mitigation: []string{
		"Find out who received the mail, and whether anybody opened it: look for downloads and new connections of their hosts in the minutes after.",
		"Take the mail out of the mailboxes, and block its kind of file at the mail server.",
		"If the sender is a host of yours: isolate it, and look for the program that sends.",
	},
	New:    func() detect.Detector { return NewMaliciousMail(MaliciousMailDefaults()) },
	Tuning: detect.Tuned(MaliciousMailDefaults, NewMaliciousMail),
}

// MaliciousMailTunables are what may be set.
type MaliciousMailTunables struct {
	Ends    []string      `tune:"ends of names that programs have"`
	Senders int           `tune:"different senders of one host that is no mail server" min:"2" max:"100000"`
	Idle    time.Duration `tune:"a host that rests this long begins anew" min:"1m" max:"168h"`
	Hosts   int           `tune:"hosts watched" min:"100" max:"1000000"`
}

// MaliciousMailDefaults are the tunables that the project stands for.
func MaliciousMailDefaults() MaliciousMailTunables {
	return MaliciousMailTunables{
		Ends: []string{
			".exe", ".scr", ".pif", ".com", ".cpl", ".bat", ".cmd", ".js", ".jse", ".vbs", ".vbe", ".wsf", ".hta", ".ps1", ".lnk", ".iso", ".img", ".vhd",
			".jar", ".msi", ".chm", ".one", ".docm", ".xlsm", ".xlsb", ".pptm", ".ace", ".gadget",
		},
		Senders: 10, Idle: time.Hour, Hosts: 20_000,
	}
}

// BadMails is the detector.
type BadMails struct {
	tune MaliciousMailTunables
	*detect.Cases
}

// NewMaliciousMail makes the detector.
func NewMaliciousMail(t MaliciousMailTunables) *BadMails {
	return &BadMails{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Hosts, Idle: t.Idle})}
}

// Observe looks at mails.
func (d *BadMails) Observe(r events.Record, v device.View) []detect.Finding {
	m, ok := r.(*events.SMTP)
	if !ok || m.MailFrom == "" && len(m.Attachments) == 0 || m.Accepted != nil && !*m.Accepted {
		return nil
	}
	found := d.carries(m)
	if v.IsLocal(m.OrigH) && (v.Orig == nil || v.Orig.Role() != "mail_server") {
		found = append(found, d.sends(m)...)
	}
	return found
}

// carries tells of a program that a mail brings; many such mails of one sender are one thing.
func (d *BadMails) carries(m *events.SMTP) []detect.Finding {
	name := ""
	for _, a := range m.Attachments {
		if d.isProgram(a) {
			name = a
			break
		}
	}
	if name == "" {
		return nil
	}
	k := detect.CaseKey{VNI: m.VNI, By: m.OrigH, What: "program"}
	c := d.Note(k, &m.Head)
	c.Against(detect.Party{Addr: m.RespH, Port: m.RespP, Endpoint: detect.Server})
	c.Thing(name)
	if !c.Reached(c.Count, 1) {
		return nil
	}
	return []detect.Finding{d.report(k, c)}
}

func (d *BadMails) isProgram(name string) bool {
	lower := strings.ToLower(strings.TrimRight(name, ". "))
	for _, end := range d.tune.Ends {
		if strings.HasSuffix(lower, end) {
			return true
		}
	}
	return false
}

// sends tells of a host that mails under many names.
func (d *BadMails) sends(m *events.SMTP) []detect.Finding {
	k := detect.CaseKey{VNI: m.VNI, By: m.OrigH, What: "spam"}
	c := d.Note(k, &m.Head)
	c.Against(detect.Party{Addr: m.RespH, Port: m.RespP, Endpoint: detect.Server})
	c.Thing(strings.ToLower(m.MailFrom))
	if !c.Reached(c.Things.Count(), d.tune.Senders) {
		return nil
	}
	return []detect.Finding{d.report(k, c)}
}

func (d *BadMails) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	if k.What == "spam" {
		f := c.Finding(k, 0.75, fmt.Sprintf("%s sent %s under %s different senders to %s within %s, and is no mail server.",
			k.By, counted(fmt.Sprint(c.Count), "mail"), c.Things.Text(), counted(c.Hosts.Text(), "server"), detect.Lasted(c.Last.Sub(c.Start))))
		f.Properties = map[string]any{"mails": c.Count, "senders": c.Things.Count(), "names": c.Names, "servers": c.Hosts.Count()}
		f.Techniques = []string{"T1566.001", "T1586.002"}
		return f
	}
	name, double := c.Names[0], isDouble(c.Names[0])
	confidence := 0.7
	if double {
		confidence = 0.95
	}
	f := c.Finding(k, confidence, fmt.Sprintf("%s delivered %s with a program in it to %s: %q.",
		k.By, counted(fmt.Sprint(c.Count), "mail"), c.Victims[0].Addr, shortName(name)))
	f.Properties = map[string]any{"mails": c.Count, "names": c.Names, "servers": c.Hosts.Count(), "double_end": double}
	return f
}

// isDouble says whether a program hides behind the end of a document: invoice.pdf.exe.
func isDouble(name string) bool {
	parts := strings.Split(strings.ToLower(name), ".")
	if len(parts) < 3 {
		return false
	}
	switch parts[len(parts)-2] {
	case "pdf", "doc", "docx", "xls", "xlsx", "jpg", "png", "txt", "zip", "htm", "html", "rtf", "csv":
		return true
	}
	return false
}

// Tick has nothing to do.
func (d *BadMails) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (d *BadMails) Close(device.View) []detect.Finding { return d.LastWords(d.report) }
