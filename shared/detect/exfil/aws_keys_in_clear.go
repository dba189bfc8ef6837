package exfil

import (
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// AWSKeysInClear finds access keys of AWS, with their secrets, that go over HTTP without TLS.
var AWSKeysInClear = detect.Spec{
	Type:  "exfil.aws_keys_in_clear",
	Title: "AWS credentials in clear text",
	Text: "Looks in the first bytes of bodies for the id of an AWS access key (AKIA..., ASIA...) beside its secret, and tells of it for each two hosts. The secret is never kept, and the id only " +
		"masked. Whoever reads the wire has the key. The instance metadata service itself speaks HTTP on a link that never leaves the host, and is left alone; an id without a secret is " +
		"no secret, and signed requests carry it by design.",
	Category: "exfil", Tactics: []string{"TA0006", "TA0010"}, Techniques: []string{"T1552.001", "T1552.005"},
	Risk:  detect.Base{Likelihood: events.Medium, Complexity: events.Low, Impact: events.Medium},
	Wants: []events.Kind{events.KindHTTP}, GuardDuty: "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", Version: 1,
	Background: "An access key is all that the AWS API asks for. Keys stand in files of settings and in the environment of programs, and an intruder looks for them first; a web server that hands out " +
		"such a file, or an application that fetches links for others, gives them away.",
	Mitigation: []string{
		"Revoke the key now: make it inactive, or end the role's sessions, and then look in CloudTrail for what it was used for.",
		"Find out why it went over the wire: a file in a web server's folder, a program that posts its settings, an intruder.",
		"Use roles in place of stored keys, and TLS everywhere.",
	},
	New:    func() detect.Detector { return NewAWSKeysInClear(AWSKeysInClearDefaults()) },
	Tuning: detect.Tuned(AWSKeysInClearDefaults, NewAWSKeysInClear),
}

// AWSKeysInClearTunables are what may be set.
type AWSKeysInClearTunables struct {
	Bodies int           `tune:"bodies with a key and its secret between two hosts" min:"1" max:"10000"`
	Idle   time.Duration `tune:"a pair that rests this long begins anew" min:"1m" max:"720h"`
	Pairs  int           `tune:"pairs of hosts watched" min:"16" max:"1000000"`
}

// AWSKeysInClearDefaults are the tunables that the project stands for.
func AWSKeysInClearDefaults() AWSKeysInClearTunables {
	return AWSKeysInClearTunables{Bodies: 1, Idle: 24 * time.Hour, Pairs: 4_096}
}

// AWSKeys counts bodies with keys.
type AWSKeys struct {
	tune AWSKeysInClearTunables
	*detect.Cases
}

// NewAWSKeysInClear makes the detector.
func NewAWSKeysInClear(t AWSKeysInClearTunables) *AWSKeys {
	return &AWSKeys{tune: t, Cases: detect.NewCases(detect.CasesOptions{Limit: t.Pairs, Idle: t.Idle})}
}

// Which way the key went.
const (
	awsKeySent   = "in a request"
	awsKeyGotten = "in an answer"
)

// Observe looks for keys that the sensor saw.
func (a *AWSKeys) Observe(rec events.Record, v device.View) []detect.Finding {
	r, ok := rec.(*events.HTTP)
	if !ok || len(r.AWSKeys) == 0 || r.RespH.IsLinkLocalUnicast() || r.RespH.IsLoopback() {
		return nil
	}
	way := ""
	switch {
	case slices.Contains(r.RequestMarks, "aws_secret"):
		way = awsKeySent
	case slices.Contains(r.AnswerMarks, "aws_secret"):
		way = awsKeyGotten
	default:
		return nil
	}
	k := detect.CaseKey{VNI: r.VNI, By: r.OrigH, To: r.RespH, What: way}
	c := a.Note(k, &r.Head)
	for _, id := range r.AWSKeys {
		c.Thing(id)
	}
	if v.IsExternal(r.OrigH) || v.IsExternal(r.RespH) {
		c.Flags = 1
	}
	if !c.Reached(c.Count, a.tune.Bodies) {
		return nil
	}
	return []detect.Finding{a.report(k, c)}
}

func (a *AWSKeys) report(k detect.CaseKey, c *detect.Case) detect.Finding {
	verb := "got from"
	if k.What == awsKeySent {
		verb = "sent to"
	}
	what := "an AWS access key with its secret, "
	if n := c.Things.Count(); n > 1 {
		what = fmt.Sprintf("%d different AWS access keys with a secret, such as ", n)
	}
	f := c.Finding(k, 0.9, fmt.Sprintf("%s %s %s port %d %s%s, without TLS.", k.By, verb, k.To, c.Head.RespP, what, c.Names[0]))
	f.Properties = map[string]any{"bodies": c.Count, "keys": c.Names, "way": k.What, "port": c.Head.RespP}
	if c.Flags != 0 {
		f.Terms = []events.Term{{Name: "left_the_site", Points: 20, Reason: "the key crossed the edge of the local networks"}}
	}
	return f
}

// Tick has nothing to do: a key is told of when it is seen.
func (a *AWSKeys) Tick(events.Time, device.View) []detect.Finding { return nil }

// Close brings the numbers of what was told up to date.
func (a *AWSKeys) Close(device.View) []detect.Finding { return a.LastWords(a.report) }
