package settings_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/detect/all"
	"github.com/mirrorwatch/mirrorwatch/shared/settings"
)

// Catches: a change that excuses everybody or for ever, one that is lost with its neighbour, and a complaint without line or value.
func TestParsePlannedChanges(t *testing.T) {
	const text = `parameters:
  own_roles:
    - role/mirrorwatch-mirror
    - "*"
    - arn:aws:iam::*:role/mirrorwatch-*
    - with space
  planned_changes:
    - {from: 2026-03-02T10:00:00Z, to: 2026-03-02T12:00:00+01:00, principal: user/ada, reason: new  flow logs}
    - 2026-03-02T10:00:00Z/2026-03-02T12:00:00Z assumed-role/deploy/* the weekly deploy
    - {from: yesterday, to: 2026-03-02T12:00:00Z, principal: user/ada, reason: x}
    - {from: 2026-03-02T10:00:00Z, to: 2026-03-02T10:00:00Z, principal: user/ada, reason: x}
    - {from: 2026-03-02T10:00:00Z, to: 2036-03-02T10:00:00Z, principal: user/ada, reason: x}
    - {from: 2026-03-02T10:00:00Z, to: 2026-03-02T12:00:00Z, principal: "*", reason: x}
    - {from: 2026-03-02T10:00:00Z, to: 2026-03-02T12:00:00Z, principal: user/ada}
    - {from: 2026-03-02T10:00:00Z, until: 2026-03-02T12:00:00Z, principal: user/ada, reason: x}
    - [a]
`
	got, complaints := settings.Parse([]byte(text), all.Specs())
	if !slices.Equal(got.Known.OwnRoles, []string{"role/mirrorwatch-mirror", "arn:aws:iam::*:role/mirrorwatch-*"}) {
		t.Errorf("own roles %q", got.Known.OwnRoles)
	}
	var changes []string
	for _, c := range got.Known.Changes {
		changes = append(changes, settings.PlannedText(c))
		again, err := settings.PlannedChange(settings.PlannedText(c))
		if err != nil || again != c {
			t.Errorf("%+v is read as %+v, %v", c, again, err)
		}
	}
	if want := []string{
		"2026-03-02T10:00:00Z/2026-03-02T11:00:00Z user/ada new flow logs", "2026-03-02T10:00:00Z/2026-03-02T12:00:00Z assumed-role/deploy/* the weekly deploy",
	}; !slices.Equal(changes, want) {
		t.Errorf("%q", changes)
	}
	want := []string{
		`4: parameters.own_roles: "*" is not a pattern`, `6: parameters.own_roles: "with space" is not`, `10: parameters.planned_changes: from: "yesterday" is not a moment`,
		`11: parameters.planned_changes: to: "2026-03-02T10:00:00Z" is not after from`, `12: parameters.planned_changes: to: "2036-03-02T10:00:00Z" is not after from, or more than 31 days`,
		`13: parameters.planned_changes: principal: "*" is not a pattern`, `14: parameters.planned_changes: reason: it has 1 to 256`,
		`15: parameters.planned_changes: unknown key "until"`, `15: parameters.planned_changes: to: "" is not a moment`, `16: parameters.planned_changes is not a mapping`,
		`16: parameters.planned_changes: from: "" is not a moment`,
	}
	for i, c := range complaints {
		if line := fmt.Sprintf("%d: %s", c.Line, c.Text); i >= len(want) || !strings.HasPrefix(line, want[i]) {
			t.Errorf("complaint %d: %s", i, line)
		}
	}
	if len(complaints) != len(want) {
		t.Errorf("%d complaints, want %d", len(complaints), len(want))
	}
	var sum settings.Settings
	sum.Add(got)
	if sum.Add(got); len(sum.Known.Changes) != 4 || len(sum.Known.OwnRoles) != 4 {
		t.Errorf("added: %+v", sum.Known)
	}
}

func FuzzPlannedChange(f *testing.F) {
	f.Add("2026-03-02T10:00:00Z/2026-03-02T12:00:00Z user/ada new flow logs")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := settings.PlannedChange(text)
		if err != nil {
			return
		}
		if again, err := settings.PlannedChange(settings.PlannedText(c)); err != nil || again != c {
			t.Fatalf("%+v is read as %+v, %v", c, again, err)
		}
	})
}
