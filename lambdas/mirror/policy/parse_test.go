package policy

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// base is the shortest policy there is; cases change or lengthen it.
const base = `version: 1
deployment: main
accounts:
  - id: 111122223333
    role: arn:aws:iam::111122223333:role/mirror
    regions: [eu-central-1, us-east-1]
fleet:
  account: 777788889999
  targets:
    - region: eu-central-1
      id: tmt-1
    - region: us-east-1
      id: tmt-2
`

func TestDefaults(t *testing.T) {
	p, err := Parse("p", []byte(base))
	if err != nil {
		t.Fatal(err)
	}
	want := Policy{
		Version: 1, Deployment: "main", Switch: On,
		Accounts: []Account{{ID: "111122223333", Role: "arn:aws:iam::111122223333:role/mirror", Regions: []string{"eu-central-1", "us-east-1"}, Calls: Calls{15, 4}}},
		Fleet: Fleet{Account: "777788889999", Share: Share{Name: "mirrorwatch-main", Manage: true},
			Targets: []Target{{Region: "eu-central-1", ID: "tmt-1"}, {Region: "us-east-1", ID: "tmt-2"}}},
		Select: Select{Tag: "mirrorwatch", Default: "off"},
		Profiles: map[string]Profile{"default": {DNS: true, SessionNumber: Number{Before, 1},
			Rules: []Rule{{Action: "accept", Direction: "both", Protocol: "all"}}}},
		Budget: Budget{Reserve: 100},
		Limits: Limits{Deletes: 25, DeletePercent: 10, Grace: 15 * time.Minute, Settle: 2 * time.Minute, Silent: 15 * time.Minute,
			SessionQuota: 10000, RetryVerdict: 24 * time.Hour, PendingAttach: 5 * time.Minute, SessionsPerENI: 3},
		Prices: Prices{SessionHour: 0.015},
		VNI:    VNIRange{1, 16777215},
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
}

func TestLinesAreKept(t *testing.T) {
	p, err := Parse("p", []byte(base+`select:
  rules:
    - {match: {accounts: [111122223333]}, profile: on}
exclude:
  - match: {regions: [us-east-1]}
profiles:
  default:
    rules:
      - action: accept
      - action: reject
        source: 10.0.0.0/8
`))
	if err != nil {
		t.Fatal(err)
	}
	rules := p.Profiles["default"].Rules
	if p.Select.Rules[0].Line != 16 || p.Exclude[0].Line != 18 || rules[0].Line != 22 || rules[1].Line != 23 {
		t.Errorf("%+v %+v %+v", p.Select.Rules, p.Exclude, rules)
	}
	if rules[1].Destination.String() != "0.0.0.0/0" || p.Select.Rules[0].Name != "rule 1" {
		t.Errorf("%+v %+v", rules[1], p.Select.Rules[0])
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range mistakes {
		t.Run(c.name, func(t *testing.T) {
			if c.was != "" && !strings.Contains(base, c.was) {
				t.Fatalf("the base has no %q", c.was)
			}
			text := base + c.is
			if c.was != "" {
				text = strings.Replace(base, c.was, c.is, 1)
			}
			_, err := Parse("p", []byte(text))
			got := fmt.Sprint(err)
			if want := "p:" + strings.Join(c.want, "\np:"); c.want != nil && got != want || c.want == nil && err != nil {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestMistakesAreTyped(t *testing.T) {
	_, err := Parse("policy.yaml", []byte(base+"profiles:\n  web:\n    packet_length: 9001\n"))
	var found Mistakes
	if !errors.As(err, &found) || len(found) != 1 {
		t.Fatalf("%T %v", err, err)
	}
	want := Mistake{File: "policy.yaml", Line: 16, Column: 20, Path: "profiles.web.packet_length",
		Problem: "9001 is not 1 to 8500, or 0 for whole packets", Allowed: "1 to 8500, or 0 for whole packets"}
	if found[0] != want {
		t.Errorf("got  %+v\nwant %+v", found[0], want)
	}
	if got := err.Error(); got != "policy.yaml:16: profiles.web.packet_length: 9001 is not 1 to 8500, or 0 for whole packets" {
		t.Error(got)
	}
}

func TestMistakesAreBounded(t *testing.T) {
	_, err := Parse("p", []byte(base+"trusted: ["+strings.Repeat("x, ", 900)+"]\n"))
	var found Mistakes
	if !errors.As(err, &found) || len(found) != mostMistakes+1 || !strings.HasSuffix(err.Error(), "and 700 more mistakes") {
		t.Errorf("%d mistakes, the last %q", len(found), found[len(found)-1])
	}
	var keys strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&keys, "k%d: 1\n", i)
	}
	if _, err = Parse("p", []byte(base+keys.String())); err == nil || !strings.HasSuffix(err.Error(), "\np:213: and 59800 more mistakes") {
		t.Errorf("%.300v", err)
	}
}

// TestBounds reaches every bound of the text, one above and where it is cheap at it.
func TestBounds(t *testing.T) {
	many := func(head, each string, n int) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range n {
			b.WriteString(strings.ReplaceAll(each, "{}", fmt.Sprintf("%011d", i)))
		}
		return b.String()
	}
	accounts := func(n int) string {
		extra := many("", "  - {id: 5{}, regions: [us-east-1]}\n", n-1)
		return strings.Replace(base, "fleet:\n", extra+"fleet:\n", 1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"accounts at":     {accounts(1000), ""},
		"accounts over":   {accounts(1001), "p:3: accounts: 1001 are too many: at most 1000"},
		"profiles at":     {base + many("profiles:\n", "  p{}: {dns: true}\n", 100), ""},
		"profiles over":   {base + many("profiles:\n", "  p{}: {dns: true}\n", 101), "p:14: profiles: 101 are too many: at most 100"},
		"rules at":        {base + many("select:\n  rules:\n", "    - {match: {vpcs: [vpc-{}]}, profile: on, priority: {}}\n", 500), ""},
		"rules over":      {base + many("select:\n  rules:\n", "    - {match: {vpcs: [vpc-{}]}, profile: on, priority: {}}\n", 501), "p:15: select.rules: 501 are too many: at most 500"},
		"exclusions at":   {base + many("exclude:\n", "  - match: {vpcs: [vpc-{}]}\n", 1000), ""},
		"exclusions over": {base + many("exclude:\n", "  - match: {vpcs: [vpc-{}]}\n", 1001), "p:14: exclude: 1001 are too many: at most 1000"},
		"trusted over":    {base + many("trusted:\n", "  - 5{}\n", 1001), "p:14: trusted: 1001 are too many: at most 1000"},
		"types over":      {base + many("exclude:\n  - match:\n      instance_types:\n", "        - m{}.large\n", 41), "p:16: exclude[0].match.instance_types: 41 are too many: at most 40"},
		"text at":         {base + "#" + strings.Repeat("x", mostText-len(base)-1), ""},
		"text over":       {base + "#" + strings.Repeat("x", mostText-len(base)), "p:1: 1048577 bytes are more than a policy may have (1048576)"},
		"depth":           {base + "x: " + strings.Repeat("[", 30) + strings.Repeat("]", 30) + "\n", "p:14: not YAML: exceeded max depth of 20 (while increasing flow level)"},
		"depth of blocks": {nested(40), "p:21: not YAML: exceeded max depth of 20 (while increasing indent level)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("p", []byte(c.text))
			if got := fmt.Sprint(err); got != c.want && !(err == nil && c.want == "") {
				t.Errorf("got  %.300s\nwant %s", got, c.want)
			}
		})
	}
}

func nested(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(base))
	f.Add(Example())
	for _, c := range mistakes {
		f.Add([]byte(base + c.is))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse("p", text)
		if err == nil {
			for name := range p.Profiles {
				if n := len(p.ProfileRules(name)); n == 0 || n > 10 {
					t.Fatalf("profile %q has %d rules", name, n)
				}
			}
			again(t, p)
			for _, a := range p.Accounts {
				for _, region := range a.Regions {
					if _, ok := p.TargetFor(region, region+"a"); !ok {
						t.Fatalf("region %s has no target", region)
					}
				}
			}
			return
		}
		var found Mistakes
		if !errors.As(err, &found) || len(found) == 0 || len(found) > mostMistakes+1 {
			t.Fatalf("%T with %d mistakes", err, len(found))
		}
		lines := lineCount(text)
		for _, m := range found {
			if m.Line < 1 || m.Line > lines || m.Column < 1 || m.Problem == "" || strings.ContainsAny(m.String(), "\n\r\x00") || len(m.String()) > 4096 {
				t.Fatalf("%q is no mistake of a text of %d lines", m, lines)
			}
		}
	})
}
