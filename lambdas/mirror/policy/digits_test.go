package policy

import (
	"strings"
	"testing"
)

// An account id is its digits: YAML readers take an unquoted one that begins with a zero for a number, in base eight even.
func TestAccountIDsAreDigits(t *testing.T) {
	text := func(id string) []byte {
		return []byte("version: 1\ndeployment: main\naccounts: [{id: " + id + ", regions: [eu-central-1]}]\nfleet: {account: " + id +
			", targets: [{region: eu-central-1, id: tmt-1}]}\ntrusted: [" + id + "]\nselect: {rules: [{match: {accounts: [" + id + "]}, profile: on}]}\n")
	}
	for _, id := range []string{"011122223333", "000000000007", "012345670123", `"011122223333"`, "'011122223333'"} {
		p, err := Parse("p.yaml", text(id))
		want := strings.Trim(id, `"'`)
		if err != nil || p.Accounts[0].ID != want || p.Fleet.Account != want || p.Trusted[0] != want || p.Select.Rules[0].Match.Accounts[0] != want {
			t.Errorf("%s: %+v, %v", id, p.Accounts, err)
		}
	}
	for _, id := range []string{"11122223333", "0o11122223333", "1.11122223333e11", "+11122223333", "111_122_223_333", "0x1122223333", "１１１１２２２２３３３３"} {
		if _, err := Parse("p.yaml", text(id)); err == nil || !strings.Contains(err.Error(), "twelve digits") || !strings.Contains(err.Error(), "p.yaml:3") {
			t.Errorf("%s: %v", id, err)
		}
	}
}
