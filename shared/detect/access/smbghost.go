package access

import (
	"fmt"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// SMBGhost finds compressed messages of SMB whose sizes overflow.
var SMBGhost = detect.Spec{
	Type:  "access.smbghost",
	Title: "SMBGhost",
	Text: "Looks for a compressed message of SMB version 3 whose size before compression and whose offset add up to more than 4,294,967,295, or whose offset lies " +
		"outside of the message. An unpatched Windows 10 or Server of 2019 adds them in 32 bits, reserves far too little memory and writes beyond it (CVE-2020-0796). " +
		"No client sends such a message; a test by order of the house looks the same. Whether it worked does not show in what the server answers.",
	Category: "access", Tactics: []string{"TA0001", "TA0008"}, Techniques: []string{"T1210"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindWeird}, Version: 1,
	Background: "SMB 3.1.1 may compress what it sends. The sum of two lengths of the sender's choice was not checked, so that anyone who reaches port 445 of an unpatched " +
		"host can crash it or run code in its kernel, without an account. The same flaw lets a hostile server attack its clients. It spreads " +
		"from host to host as EternalBlue did.",
	Mitigation: []string{
		"Look at the victim: a crash about this time, new services and programs; isolate it if it is not patched.",
		"Isolate the offender, unless it attacks from outside: it is most likely lost already.",
		"Install the update for CVE-2020-0796, or turn compression of SMB off (DisableCompression) until then.",
		"Close port 445 to the Internet and between hosts that do not share files.",
	},
	New:    func() detect.Detector { return NewSMBGhost(SMBGhostDefaults()) },
	Tuning: detect.Tuned(SMBGhostDefaults, NewSMBGhost),
}

// SMBGhostTunables are what may be set.
type SMBGhostTunables struct {
	Pairs int `tune:"pairs of offender and victim watched" min:"16" max:"100000"`
}

// SMBGhostDefaults are the tunables that the project stands for.
func SMBGhostDefaults() SMBGhostTunables { return SMBGhostTunables{Pairs: 5_000} }

// Overflows remembers who sent whom sizes that overflow.
type Overflows struct{ *detect.Cases }

// NewSMBGhost makes the detector.
func NewSMBGhost(t SMBGhostTunables) *Overflows {
	return &Overflows{detect.NewCases(detect.CasesOptions{Limit: t.Pairs})}
}

// Observe looks at what the analyzer of SMB found odd.
func (o *Overflows) Observe(r events.Record, _ device.View) []detect.Finding {
	w, ok := r.(*events.Weird)
	if !ok || w.Source != "smb" || w.Name != "smb2_compression_overflow" {
		return nil
	}
	k := detect.CaseKey{VNI: w.VNI, By: w.OrigH, To: w.RespH}
	if strings.HasPrefix(w.Addl, "from=server") {
		k.By, k.To = w.RespH, w.OrigH
	}
	c := o.Note(k, &w.Head)
	c.Thing(w.Addl)
	if !c.Reached(c.Count, 1) {
		return nil
	}
	return []detect.Finding{o.report(k, c)}
}

// Tick has nothing to do: an act is told at once.
func (o *Overflows) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (o *Overflows) Close(device.View) []detect.Finding { return o.LastWords(o.report) }

func (o *Overflows) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	f := c.Finding(k, 0.9, fmt.Sprintf("%s sent %s compressed messages of SMB whose sizes overflow (CVE-2020-0796), in %d conversations; the first says %q.", k.By, k.To, c.Count, c.Names[0]))
	f.Properties = map[string]any{"conversations": c.Count, "header": c.Names[0]}
	return f
}
