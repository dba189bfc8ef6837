package hygiene

import (
	"fmt"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// LLMNR finds networks whose hosts ask each other for names.
var LLMNR = detect.Spec{
	Type:  "hygiene.llmnr",
	Title: "LLMNR or NBNS in use",
	Text: "Counts the local hosts of a network that ask all others for a name by LLMNR or NetBIOS: 20 within a day are told, once a network. " +
		"Whoever answers first is believed, so that an intruder on the same link collects log-ins from all of them. What looks the same: " +
		"nothing; but one laptop that asks is no matter, and every office has some.",
	Category: "hygiene", Tactics: []string{"TA0006"}, Techniques: []string{"T1557.001"},
	Risk:  detect.Base{Likelihood: events.Low, Complexity: events.Low, Impact: events.Low},
	Wants: []events.Kind{events.KindDNS}, Version: 1,
	Background: "LLMNR and NetBIOS names are from before every network had a resolver. A host that does not find a name in DNS asks all hosts of " +
		"the link, and cannot tell a true answer from a false one. Tools that answer everything are part of every intruder's kit.",
	Mitigation: []string{
		"Switch LLMNR off by group policy (Turn off multicast name resolution).",
		"Switch NetBIOS over TCP/IP off by DHCP option or at the network cards.",
		"See which names are asked for: a share or printer that is gone makes hosts ask in vain.",
	},
	New:    func() detect.Detector { return NewLLMNR(LLMNRDefaults()) },
	Tuning: detect.Tuned(LLMNRDefaults, NewLLMNR),
}

// LLMNRTunables are what may be set.
type LLMNRTunables struct {
	Hosts    int           `tune:"local hosts of a network that ask all others for names" min:"1" max:"1000000"`
	Idle     time.Duration `tune:"a network where nobody asks for so long begins anew" min:"1h" max:"8760h"`
	Networks int           `tune:"networks watched" min:"10" max:"100000"`
}

// LLMNRDefaults are the tunables that the project stands for.
func LLMNRDefaults() LLMNRTunables {
	return LLMNRTunables{Hosts: 20, Idle: 24 * time.Hour, Networks: 2_000}
}

// LLMNRUse counts askers by network.
type LLMNRUse struct {
	tune LLMNRTunables
	*detect.Cases
}

// NewLLMNR makes the detector.
func NewLLMNR(t LLMNRTunables) *LLMNRUse {
	return &LLMNRUse{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Networks, Idle: t.Idle})}
}

// Ports of LLMNR (RFC 4795) and of NetBIOS's name service (RFC 1002).
const (
	portLLMNR = 5355
	portNBNS  = 137
)

// Observe counts who asks. The network is the observation point.
func (l *LLMNRUse) Observe(r events.Record, v device.View) []detect.Finding {
	q, ok := r.(*events.DNS)
	if !ok || q.RespP != portLLMNR && q.RespP != portNBNS || q.QType == nil || !v.Orig.IsLocal() {
		return nil
	}
	k := detect.CaseKey{VNI: q.VNI}
	one := l.Note(k, &q.Head)
	if !one.Against(detect.Party{Addr: q.OrigH, Endpoint: detect.Client}) || one.Raised() || !one.Reached(one.Hosts.Count(), l.tune.Hosts) {
		return nil
	}
	f := one.Finding(k, 0.75, fmt.Sprintf("%s hosts ask all others of the network for names by LLMNR or NetBIOS.", one.Hosts.Text()))
	f.Offenders = one.Victims
	f.Victims = nil
	f.Properties = map[string]any{"hosts": one.Hosts.Count(), "questions": one.Count}
	return []detect.Finding{f}
}

// Tick has nothing to do.
func (l *LLMNRUse) Tick(events.Time, device.View) []detect.Finding { return nil }
