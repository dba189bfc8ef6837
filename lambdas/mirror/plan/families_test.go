package plan

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func TestFamilies(t *testing.T) {
	young := map[string]Verdict{"m9x": {Family: "m9x", At: noon.Add(-time.Hour)}, "m6i": {Family: "m6i", Supported: true, At: noon.Add(-time.Hour)}}
	tests := []struct {
		name             string
		verdicts         map[string]Verdict
		info             *ec2api.InstanceType
		supported, known bool
	}{
		{"m5.large", nil, nil, true, true},
		{"c6g.medium", nil, nil, true, true},
		{"m6i.large", nil, nil, false, true},
		{"M7I-flex.large", nil, nil, false, true},
		{"m6i.large", young, nil, true, true},
		{"t2.micro", nil, nil, false, true},
		{"m4.large", nil, nil, true, true},
		{"m3.large", nil, nil, false, true},
		{"m5.metal", nil, nil, false, true},
		{"m8i.metal-24xl", nil, nil, false, true},
		{"m8i.large", nil, nil, true, false},
		{"m9x.large", young, nil, false, true},
		{"old.large", nil, &ec2api.InstanceType{Hypervisor: "xen"}, false, true},
		{"mac9.large", nil, &ec2api.InstanceType{BareMetal: true}, false, true},
		{"new.large", nil, &ec2api.InstanceType{Hypervisor: "nitro"}, true, false},
	}
	for _, tt := range tests {
		got := SourceSupport(tt.name, tt.verdicts, tt.info, noon, 24*time.Hour)
		if got.Supported != tt.supported || got.Known != tt.known || got.Reason == "" || tt.supported != (got.Fix == "") {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
	for _, f := range []string{"t3", "t4g", "m5", "m6g", "c5", "c6g", "r5", "r6g", "i3en"} {
		if !SourceSupport(f+".large", nil, nil, noon, time.Hour).Supported {
			t.Errorf("%s is recommended and does not work", f)
		}
	}
}

func TestCommonPackets(t *testing.T) {
	r := func(action string, protocol, low, high int32, block string) ec2api.RuleSpec {
		return ec2api.RuleSpec{Direction: "ingress", Action: action, Protocol: protocol, DestinationPorts: ec2api.PortRange{From: low, To: high}, SourceCIDR: "0.0.0.0/0", DestinationCIDR: block}
	}
	all := r("accept", 0, 0, 0, "0.0.0.0/0")
	out := all
	out.Direction = "egress"
	six := all
	six.SourceCIDR, six.DestinationCIDR = "::/0", "::/0"
	tests := []struct {
		name         string
		ours, theirs []ec2api.RuleSpec
		common       string
	}{
		{"everything", []ec2api.RuleSpec{all}, []ec2api.RuleSpec{all}, "ingress from 0.0.0.0/0 to 0.0.0.0/0"},
		{"no rule is no packet", []ec2api.RuleSpec{all}, nil, ""},
		{"other direction", []ec2api.RuleSpec{all}, []ec2api.RuleSpec{out}, ""},
		{"other family", []ec2api.RuleSpec{all}, []ec2api.RuleSpec{six}, ""},
		{"other protocol", []ec2api.RuleSpec{r("accept", 6, 0, 0, "0.0.0.0/0")}, []ec2api.RuleSpec{r("accept", 17, 0, 0, "0.0.0.0/0")}, ""},
		{"one protocol of all", []ec2api.RuleSpec{all}, []ec2api.RuleSpec{r("accept", 17, 0, 0, "0.0.0.0/0")}, "ingress of protocol udp from 0.0.0.0/0 to 0.0.0.0/0"},
		{"ports apart", []ec2api.RuleSpec{r("accept", 6, 1, 79, "0.0.0.0/0")}, []ec2api.RuleSpec{r("accept", 6, 80, 90, "0.0.0.0/0")}, ""},
		{"ports that touch", []ec2api.RuleSpec{r("accept", 6, 1, 80, "0.0.0.0/0")}, []ec2api.RuleSpec{r("accept", 6, 80, 90, "0.0.0.0/0")}, "ingress of protocol tcp from 0.0.0.0/0 to 0.0.0.0/0"},
		{"blocks apart", []ec2api.RuleSpec{r("accept", 0, 0, 0, "10.0.0.0/9")}, []ec2api.RuleSpec{r("accept", 0, 0, 0, "10.128.0.0/9")}, ""},
		{"the narrower block", []ec2api.RuleSpec{r("accept", 0, 0, 0, "10.0.0.0/8")}, []ec2api.RuleSpec{r("accept", 0, 0, 0, "10.1.0.0/16")}, "ingress from 0.0.0.0/0 to 10.1.0.0/16"},
		{"they reject it first", []ec2api.RuleSpec{r("accept", 6, 0, 0, "10.1.0.0/16")}, []ec2api.RuleSpec{r("reject", 0, 0, 0, "10.0.0.0/8"), all}, ""},
		{"we reject it first", []ec2api.RuleSpec{r("reject", 6, 0, 0, "0.0.0.0/0"), all}, []ec2api.RuleSpec{r("accept", 6, 22, 22, "0.0.0.0/0")}, ""},
		{"they reject it after", []ec2api.RuleSpec{all}, []ec2api.RuleSpec{r("accept", 1, 0, 0, "0.0.0.0/0"), r("reject", 0, 0, 0, "0.0.0.0/0")}, "ingress of protocol icmp from 0.0.0.0/0 to 0.0.0.0/0"},
		{"they reject a part", []ec2api.RuleSpec{all}, []ec2api.RuleSpec{r("reject", 6, 0, 0, "0.0.0.0/0"), all}, "ingress from 0.0.0.0/0 to 0.0.0.0/0"},
	}
	boxes := func(list []ec2api.RuleSpec) (out []box) {
		for _, x := range list {
			out = append(out, boxOf(x))
		}
		return out
	}
	for _, tt := range tests {
		if got := firstCommon(boxes(tt.ours), boxes(tt.theirs)); got != tt.common {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.common)
		}
	}
}
