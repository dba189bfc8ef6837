package lateral

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// WinRMExec finds a host that runs commands on another through Windows Remote Management.
var WinRMExec = detect.Spec{
	Type:  "lateral.winrm_exec",
	Title: "Remote execution through WinRM",
	Text: "Counts the messages that one host posts to the WSMAN service of another and that are not refused: four with content make a shell, over HTTP; a conversation of 8 kB each way " +
		"to port 5986 stands for them where TLS hides them. A pair is told when it does so for the first time in 30 days, and weighs more with a client that is not Microsoft's. " +
		"PowerShell remoting and tools such as evil-winrm run any command so. What looks the same: administrators and configuration management; a client that works on " +
		"more than five servers is taken for one. Event forwarding is left out by its path.",
	Category: "lateral", Tactics: []string{"TA0008", "TA0002"}, Techniques: []string{"T1021.006"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Medium, Impact: events.Medium},
	Wants: []events.Kind{events.KindHTTP, events.KindConn}, Novelty: true, Version: 1,
	Background: "Windows Remote Management is on by default on Windows servers, on ports 5985 and 5986. With an administrator's password or hash an intruder runs " +
		"PowerShell on any of them, with nothing written to disk and nothing that is not part of Windows.",
	Mitigation: []string{
		"Ask the owner of the offender, or of the account, whether this was them.",
		"If not: isolate both ends, and change the credentials that were used.",
		"Let only bastions reach ports 5985 and 5986, by security groups.",
		"Have PowerShell log script blocks, so that it can be told what was run.",
	},
	New:    func() detect.Detector { return NewWinRMExec(WinRMExecDefaults()) },
	Tuning: detect.Tuned(WinRMExecDefaults, NewWinRMExec),
}

// WinRMExecTunables are what may be set.
type WinRMExecTunables struct {
	Posts   int           `tune:"messages with content that make a shell" min:"2" max:"1000"`
	Bytes   uint64        `tune:"bytes each way of a conversation in TLS that stand for a shell" min:"1000" max:"100000000"`
	Memory  time.Duration `tune:"a pair of hosts that rests this long is new again" min:"1h" max:"8760h"`
	Within  time.Duration `tune:"new servers of one host within it are told together" min:"1m" max:"24h"`
	Habit   int           `tune:"servers of a host that administers by habit" min:"1" max:"10000"`
	Pairs   int           `tune:"pairs of hosts remembered" min:"100" max:"1000000"`
	Clients int           `tune:"hosts remembered that work on others" min:"100" max:"1000000"`
}

// WinRMExecDefaults are the tunables that the project stands for. Asking a server what it is takes one or two messages, a list of something
// three; opening a shell, running one command and closing it takes five.
func WinRMExecDefaults() WinRMExecTunables {
	return WinRMExecTunables{Posts: 4, Bytes: 8000, Memory: 30 * 24 * time.Hour, Within: time.Hour, Habit: 5, Pairs: 20_000, Clients: 5_000}
}

// WinRMShells remembers who has shells on whom.
type WinRMShells struct {
	tune WinRMExecTunables
	*remoteActs
}

// NewWinRMExec makes the detector.
func NewWinRMExec(t WinRMExecTunables) *WinRMShells {
	return &WinRMShells{t, newRemoteActs(remoteTunables{t.Memory, t.Within, t.Habit, t.Pairs, t.Clients})}
}

// winrmTool is the flag of a client that is not Microsoft's.
const winrmTool = 1

// Observe counts messages, and weighs conversations whose messages are hidden.
func (w *WinRMShells) Observe(r events.Record, v device.View) []detect.Finding {
	if !v.Orig.IsLocal() || !v.Resp.IsLocal() {
		return nil
	}
	switch r := r.(type) {
	case *events.HTTP:
		if wsman(r) {
			return w.message(r)
		}
	case *events.Conn:
		if administers(r) == winrm && !said(r.Service, "http") && r.OrigBytes >= w.tune.Bytes && r.RespBytes >= w.tune.Bytes {
			return w.tell(w.pair(&r.Head), 0.6)
		}
	}
	return nil
}

// wsman says whether a request with content went to the service that runs commands, and was taken, as far as the answer was seen.
func wsman(r *events.HTTP) bool {
	path, _, _ := strings.Cut(r.URI, "?")
	return r.Method == "POST" && r.RequestLen > 0 && r.StatusCode < 300 && strings.EqualFold(strings.TrimSuffix(path, "/"), "/wsman")
}

func (w *WinRMShells) message(r *events.HTTP) []detect.Finding {
	pair := w.pair(&r.Head)
	if r.UserAgent != "" {
		pair.Thing(r.UserAgent)
		if r.UserAgent != "Microsoft WinRM Client" {
			pair.Flags |= winrmTool
		}
	}
	if pair.Count < w.tune.Posts {
		return nil
	}
	return w.tell(pair, 0.8)
}

func (w *WinRMShells) tell(pair *detect.Case, confidence float64) []detect.Finding {
	key, one := w.works(pair, pair.Flags&winrmTool != 0)
	if one == nil {
		return nil
	}
	one.UIDs = join16(one.UIDs, pair.UIDs)
	n := one.Hosts.Count()
	f := one.Finding(key, confidence, fmt.Sprintf("%s ran commands on %s through WinRM.", key.By, pair.Head.RespH))
	if n > 1 {
		f.Description = fmt.Sprintf("%s ran commands on %d hosts through WinRM, the latest %s.", key.By, n, pair.Head.RespH)
	}
	f.Properties = map[string]any{"hosts": n, "port": pair.Head.RespP}
	if len(one.Names) > 0 {
		f.Properties["clients"] = one.Names
	}
	if one.Flags&winrmTool != 0 {
		f.Terms = []events.Term{{Name: "foreign_client", Points: 10, Reason: "the client is not Microsoft's"}}
	}
	return []detect.Finding{f}
}

// join16 appends what a list does not have, up to the most that a finding points at.
func join16(list, more []string) []string {
	for _, m := range more {
		if len(list) < maxUIDs && !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

// Tick has nothing to do: shells are told of while they are used.
func (w *WinRMShells) Tick(events.Time, device.View) []detect.Finding { return nil }
