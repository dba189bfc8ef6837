package lateral

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

func TestDirectoryTampering(t *testing.T) {
	change := func(at time.Duration, op, object, result string, attrs ...string) *events.LDAP {
		return &events.LDAP{Head: session(at, worker, target, 389, "ldap_tcp").Head, Opcode: op, Object: object, Result: result, Attributes: attrs}
	}
	const computer = "CN=SRV-1,CN=Computers,DC=example,DC=com"
	keys := func(n int, result string) (list []*events.LDAP) {
		for i := range n {
			list = append(list, change(time.Duration(i)*time.Second, "modify", computer, result, "description", "msDS-KeyCredentialLink"))
		}
		return list
	}
	const key, behalf, member, access = "a key to log on with", "who may act on behalf of others there", "a member of an administrative group", "the access list of the domain"
	for _, tt := range []struct {
		what string
		in   []*events.LDAP
		want []string
	}{
		{"at", keys(1, "success"), []string{key + " true 0"}},
		{"once", keys(9, "success"), []string{key + " true 0"}},
		{"refused, then taken", append(keys(2, "insufficient access rights"), keys(2, "success")...), []string{key + " false -15", key + " true 0"}},
		{"a relayed log-in", []*events.LDAP{change(0, "modify", computer, "success", "msDS-AllowedToActOnBehalfOfOtherIdentity")}, []string{behalf + " true 0"}},
		{"a new administrator", []*events.LDAP{change(0, "modify", "cn=Domain Admins,CN=Users,DC=example,DC=com", "success", "member")}, []string{member + " true 0"}},
		{"the domain's access list", []*events.LDAP{change(0, "modify", "DC=example,DC=com", "", "nTSecurityDescriptor")}, []string{access + " false -15"}},
		{"below: ordinary changes", []*events.LDAP{
			change(0, "modify", computer, "success", "servicePrincipalName", "dNSHostName"), change(0, "modify", "CN=Sales,OU=Groups,DC=example,DC=com", "success", "member"),
			change(0, "modify", "OU=Sales,DC=example,DC=com", "success", "nTSecurityDescriptor"), change(0, "add", "CN=PC,CN=Computers,DC=example,DC=com", "success", "objectClass"),
		}, nil},
	} {
		d, model := NewDirectoryTampering(DirectoryTamperingDefaults()), device.New(device.Options{})
		var got []string
		var found []detect.Finding
		for _, r := range tt.in {
			found = append(found, d.Observe(r, model.Observe(r))...)
		}
		for _, f := range found {
			got = append(got, fmt.Sprintf("%v %v %d", f.Properties["what"], f.Properties["taken"], kerbPoints(f)))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}
