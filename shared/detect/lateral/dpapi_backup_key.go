package lateral

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// DPAPIBackupKey finds a host that takes the key with which everybody's secrets can be opened.
var DPAPIBackupKey = detect.Spec{
	Type:  "lateral.dpapi_backup_key",
	Title: "Retrieval of the domain backup key",
	Text: "Looks for private data of a domain controller being read from afar (LsarRetrievePrivateData, or a secret opened by name): " +
		"by the name of the key that protects everybody's secrets (G$BCKUPKEY), or, where the call is encrypted, by the operation, " +
		"which hardly any program uses from another host; and for a host that has many master keys opened (BackuprKey) within " +
		"minutes. What looks the same: every workstation asks for one such key now and then when a password was changed, which stays " +
		"below the number; an agent that reads its own secrets does so every day, and is quiet from the third on.",
	Category: "lateral", Tactics: []string{"TA0006"}, Techniques: []string{"T1003.004"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Medium, Impact: events.High},
	Wants: []events.Kind{events.KindDCERPC}, Version: 1,
	Background: "Windows protects the passwords that browsers, mail programs and users store (DPAPI) by a key of the user, and that " +
		"one by a key of the domain, so that nothing is lost with a forgotten password. The domain's key never changes. Whoever has " +
		"a domain administrator's rights can read it (Mimikatz lsadump::backupkeys, SharpDPAPI) and from then on open the stored " +
		"secrets of every user. The aim is passwords and sessions of other systems, the cloud among them.",
	Mitigation: []string{
		"Isolate the host that asked, and find the account that it used: it has the rights of a domain administrator.",
		"Treat what users stored on their hosts as known: passwords in browsers, saved log-ins, certificates with their keys.",
		"The key cannot be replaced in a supported way; plan the move to a new domain, or accept the risk knowingly.",
		"Let only controllers and management hosts reach SMB and RPC of controllers.",
	},
	New:    func() detect.Detector { return NewDPAPIBackupKey(DPAPIBackupKeyDefaults()) },
	Tuning: detect.Tuned(DPAPIBackupKeyDefaults, NewDPAPIBackupKey),
}

// DPAPIBackupKeyTunables are what may be set.
type DPAPIBackupKeyTunables struct {
	Keys    int           `tune:"master keys that one host has opened until it is told" min:"2" max:"100000"`
	Within  time.Duration `tune:"a rest this long begins their count anew" min:"1m" max:"24h"`
	Clients int           `tune:"hosts watched that ask for secrets" min:"100" max:"1000000"`
}

// DPAPIBackupKeyDefaults are the tunables that the project stands for. A workstation asks for one or two keys at a time.
func DPAPIBackupKeyDefaults() DPAPIBackupKeyTunables {
	return DPAPIBackupKeyTunables{Keys: 20, Within: 15 * time.Minute, Clients: 2_000}
}

// What may be asked for.
const (
	secretRead    remoteStep = iota // private data
	secretMaster                    // a master key
	secretBackup                    // the data are the domain's backup key
	secretUnnamed                   // the name is encrypted
)

func secretSteps() []string {
	return []string{"private_data_calls", "master_key_calls", "backup_key", "name_encrypted"}
}

// DPAPIBackupKeys remembers who asked for secrets.
type DPAPIBackupKeys struct {
	tune DPAPIBackupKeyTunables
	*remoteCases
}

// NewDPAPIBackupKey makes the detector.
func NewDPAPIBackupKey(t DPAPIBackupKeyTunables) *DPAPIBackupKeys {
	return &DPAPIBackupKeys{t, newRemoteCases(t.Clients, t.Within)}
}

// backupKeyName begins the names of the domain's keys, as [MS-BKRP] 3.1.1 has them.
const backupKeyName = "g$bckupkey"

// Observe looks at calls for secrets.
func (d *DPAPIBackupKeys) Observe(r events.Record, v device.View) []detect.Finding {
	call, ok := r.(*events.DCERPC)
	if !ok || rpcRefused(call) {
		return nil
	}
	step, ok := secretStep(call)
	if !ok {
		return nil
	}
	named := holds(call.Args, backupKeyName)
	usual := uint64(0)
	if step == secretRead && !named {
		if usual = d.habit(v, call.TS, false); usual == usualHere {
			return nil
		}
	}
	c := d.onAny(&call.Head, step)
	c.Flags |= usual
	c.mark(secretBackup, named)
	c.mark(secretUnnamed, step == secretRead && call.Args == "")
	if call.Args != "" && step == secretRead {
		c.Thing(call.Args)
	}
	if timesDid(c.Case, secretRead) == 0 && timesDid(c.Case, secretMaster) < d.tune.Keys {
		return nil
	}
	return c.findings(d.report)
}

// secretStep says whether a call asks for a secret. The name tells one of a conversation that began before the capture did, too.
func secretStep(r *events.DCERPC) (step remoteStep, asks bool) {
	switch interfaceOf(r) {
	case securityPolicy: // [MS-LSAD] 3.1.4: LsarRetrievePrivateData, LsarOpenSecret
		return secretRead, r.Opnum == 43 || r.Opnum == 28 && holds(r.Args, backupKeyName)
	case backupKeys:
		return secretMaster, r.Opnum == 0
	case otherInterface:
		return secretRead, r.UUID == "" && (r.Opnum == 43 || r.Opnum == 28) && holds(r.Args, backupKeyName)
	}
	return 0, false
}

// Tick has nothing to do: each call is told at once.
func (d *DPAPIBackupKeys) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers up to date (Closer).
func (d *DPAPIBackupKeys) Close(device.View) []detect.Finding { return d.LastWords(d.report) }

func (d *DPAPIBackupKeys) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	var done []string
	if n := timesDid(c, secretRead); n > 0 {
		done = append(done, "asked "+counted(n, "time")+" for private data of the security authority")
	}
	if n := timesDid(c, secretMaster); n > 0 {
		done = append(done, "used the service that opens master keys "+counted(n, "time"))
	}
	text := fmt.Sprintf("%s %s on %s", k.By, listed(done), counted(c.Hosts.Count(), "host"))
	confidence := 0.6
	var terms []events.Term
	switch {
	case did(c, secretBackup):
		text += "; among them is the key that protects the secrets of all users of the domain"
		confidence = 0.95
		terms = append(terms, events.Term{Name: "backup_key", Points: 10, Reason: "it is the key of the domain"})
	case did(c, secretUnnamed):
		text += "; the names are encrypted"
		terms = append(terms, events.Term{Name: "name_unknown", Points: -15, Reason: "it may be another secret"})
	case timesDid(c, secretRead) == 0:
		terms = append(terms, events.Term{Name: "master_keys", Points: -15, Reason: "many master keys, not the domain's own"})
	}
	if len(c.Names) > 0 {
		text += " (" + quoted(c.Names, 3, 60) + ")"
	}
	f := c.Finding(k, confidence, text+".")
	f.Properties = remoteProperties(c, secretSteps())
	f.Properties["hosts"] = c.Hosts.Count()
	f.Terms = append(terms, habitTerms(c)...)
	return f
}
