package device

import "testing"

// Catches: names of addresses and of instances taken for families, and domains and numbers for parts of them.
func TestFamilyOf(t *testing.T) {
	for name, want := range map[string]string{
		"web-07.internal.example.net": "web", "Web12": "web", "app_prod-3": "app_prod", "jump": "jump", "ip-10-0-1-23.ec2.internal": "", "i-0abc12de": "", "": "", "7": "", "web1-prod": "", "x9": "",
	} {
		if got := familyOf(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
