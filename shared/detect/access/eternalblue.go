package access

import (
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// EternalBlue finds attacks on SMB 1 by MS17-010, and the implant that they leave.
var EternalBlue = detect.Spec{
	Type:  "access.eternalblue",
	Title: "EternalBlue",
	Text: "Looks for a transaction of SMB version 1 that goes on as one of another kind, which is how the flaws of MS17-010 (EternalBlue, EternalRomance, EternalSynergy, " +
		"EternalChampion) are made to overflow, and which no client does; and for a TRANS2 SESSION_SETUP, which no server ever implemented and which calls the " +
		"implant DoublePulsar. It says that the attack worked where the implant answered: a server refuses under the multiplex id of the request, the implant adds 16 or more " +
		"to it. What looks the same: a scan for the implant by order of the house; without an answer that alone is told at low risk.",
	Category: "access", Tactics: []string{"TA0001", "TA0008"}, Techniques: []string{"T1210"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindWeird}, Version: 1,
	Background: "Windows reckoned the size of a list of file attributes by the rules of one kind of transaction and copied it by those of another (CVE-2017-0143 to 0148), " +
		"so that anyone who reaches port 445 runs code in the kernel, without an account. WannaCry and NotPetya spread by it through whole networks within minutes, " +
		"and crypto miners still do. The usual first step is the implant DoublePulsar, by which anything else is loaded.",
	Mitigation: []string{
		"If the implant answered: isolate the victim now, keep its memory, and build it anew; whoever knows of the implant owns the host.",
		"Isolate the offender, unless it attacks from outside: it is most likely lost already.",
		"Install MS17-010 on every Windows host, and turn SMB version 1 off.",
		"Close port 445 to the Internet and between hosts that do not share files.",
	},
	New:    func() detect.Detector { return NewEternalBlue(EternalBlueDefaults()) },
	Tuning: detect.Tuned(EternalBlueDefaults, NewEternalBlue),
}

// EternalBlueTunables are what may be set.
type EternalBlueTunables struct {
	Pairs int `tune:"pairs of offender and victim watched" min:"16" max:"100000"`
}

// EternalBlueDefaults are the tunables that the project stands for.
func EternalBlueDefaults() EternalBlueTunables { return EternalBlueTunables{Pairs: 5_000} }

// MixedTransactions remembers who sent whom what only the exploit sends.
type MixedTransactions struct{ *detect.Cases }

// Flags of a case.
const (
	eternalMixed    = 1 << iota // a transaction changed its kind
	eternalCalled               // the implant was called
	eternalAnswered             // and answered
)

// NewEternalBlue makes the detector.
func NewEternalBlue(t EternalBlueTunables) *MixedTransactions {
	return &MixedTransactions{detect.NewCases(detect.CasesOptions{Limit: t.Pairs})}
}

// Observe looks at what the analyzer of SMB found odd.
func (m *MixedTransactions) Observe(r events.Record, _ device.View) []detect.Finding {
	w, ok := r.(*events.Weird)
	if !ok || w.Source != "smb" {
		return nil
	}
	flag := uint64(0)
	switch w.Name {
	case "smb1_transaction_mixed":
		flag = eternalMixed
	case "smb1_trans2_session_setup":
		flag = eternalCalled
	case "smb1_implant_answered":
		flag = eternalAnswered
	default:
		return nil
	}
	k := detect.CaseKey{VNI: w.VNI, By: w.OrigH, To: w.RespH}
	c := m.Note(k, &w.Head)
	news := c.Flags&flag == 0
	c.Flags |= flag
	if !c.Reached(c.Count, 1) && !news {
		return nil
	}
	c.Told = c.Count
	return []detect.Finding{m.report(k, c)}
}

// Tick has nothing to do: an act is told at once.
func (m *MixedTransactions) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the counts up to date.
func (m *MixedTransactions) Close(device.View) []detect.Finding { return m.LastWords(m.report) }

func (m *MixedTransactions) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	what, confidence := "asked for the implant DoublePulsar at", 0.6
	if c.Flags&eternalMixed != 0 {
		what, confidence = "sent transactions that change their kind, as MS17-010 is exploited, to", 0.9
	}
	outcome, term := "no answer of an implant was seen", events.Term{Name: "attempt_only", Points: -10, Reason: "nothing shows that it worked"}
	switch {
	case c.Flags&eternalAnswered != 0:
		confidence = 0.95
		outcome, term = "an implant answered: the host is taken", events.Term{Name: "implant_answered", Points: 15, Reason: "code of the attacker runs on the victim"}
	case c.Flags&eternalMixed == 0:
		term = events.Term{Name: "asked_only", Points: -40, Reason: "the implant was asked for, and nothing was exploited or answered"}
	}
	f := c.Finding(k, confidence, fmt.Sprintf("%s %s %s over SMB version 1, in %d acts; %s.", k.By, what, k.To, c.Count, outcome))
	f.Terms = []events.Term{term}
	f.Properties = map[string]any{
		"acts": c.Count, "exploit": c.Flags&eternalMixed != 0, "implant_asked": c.Flags&eternalCalled != 0, "implant_answered": c.Flags&eternalAnswered != 0,
	}
	return f
}
