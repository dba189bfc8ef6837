package recon

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

func TestLDAPEnum(t *testing.T) {
	n := 0
	ask := func(scope, base, filter string) *events.LDAPSearch {
		n++
		s := &events.LDAPSearch{Scope: scope, BaseObject: base, Filter: filter, Result: "success"}
		s.TS, s.UID, s.RespP = events.Time(1_700_000_000e9).Add(time.Duration(n)*time.Second), fmt.Sprint("L", n), 389
		s.OrigH, s.RespH = netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("10.0.0.2")
		return s
	}
	tree := func(filter string) *events.LDAPSearch { return ask("tree", "DC=example,DC=com", filter) }
	late := tree("(objectCategory=computer)")
	late.TS = late.TS.Add(48 * time.Hour)
	for _, tt := range []struct {
		what string
		in   []*events.LDAPSearch
		want []string // kinds, points
	}{
		{"BloodHound", []*events.LDAPSearch{
			tree("(&(samaccounttype=805306368)(servicePrincipalName=*))"), tree("(samaccounttype=805306369)"), tree("(objectclass=trustedDomain)"), tree("(objectCategory=groupPolicyContainer)"),
		}, []string{"[accounts with a service principal name] 0", "[accounts with a service principal name computers trusts] 15"}},
		{"AdFind", []*events.LDAPSearch{tree("(objectcategory=person)"), tree("(objectcategory=computer)"), tree("(objectcategory=group)"), tree("(objectcategory=organizationalUnit)")},
			[]string{"[users] -15", "[users computers groups] 15"}},
		{"below: one list", []*events.LDAPSearch{tree("(&(objectCategory=computer)(objectClass=computer))"), tree("(objectcategory=computer)")}, []string{"[computers] -15"}},
		{"two lists", []*events.LDAPSearch{tree("(objectCategory=computer)"), tree("(objectclass=group)")}, []string{"[computers] -15"}},
		{"once", []*events.LDAPSearch{tree("(servicePrincipalName=*)"), tree("(servicePrincipalName=*)")}, []string{"[accounts with a service principal name] 0"}},
		{"prey", []*events.LDAPSearch{tree("(&(objectClass=user)(userAccountControl:1.2.840.113556.1.4.803:=4194304))")}, []string{"[accounts without pre-authentication] 0"}},
		{"everything", []*events.LDAPSearch{tree("(objectClass=*)")}, []string{"[everything] -15"}},
		{"a name", []*events.LDAPSearch{tree("(&(objectClass=user)(sAMAccountName=alice))"), tree("(&(objectCategory=person)(cn=smith*))"), tree("(&(objectClass=computer)(servicePrincipalName=HOST/pc-1))")}, nil},
		{"what every host reads", []*events.LDAPSearch{
			ask("base", "", "(objectClass=*)"), ask("tree", "cn=policies,cn=system,DC=example,DC=com", "(|(distinguishedName=CN={31B2F340},CN=Policies))"),
			ask("tree", "CN=Public Key Services,CN=Services,CN=Configuration,DC=example,DC=com", "(objectCategory=certificationAuthority)"),
			ask("tree", "CN=Certificate Templates,CN=Public Key Services,CN=Services,CN=Configuration,DC=example,DC=com", "(objectClass=*)"),
			ask("base", "DC=example,DC=com", "(objectClass=*)"),
		}, nil},
		{"another day", []*events.LDAPSearch{tree("(objectcategory=person)"), tree("(objectclass=group)"), late}, []string{"[users] -15", "[computers] -15"}},
	} {
		d, model := LDAPEnum.New(), device.New(device.Options{})
		var got []string
		for _, r := range tt.in {
			for _, f := range d.Observe(r, model.Observe(r)) {
				points := 0
				for _, term := range f.Terms {
					points += term.Points
				}
				got = append(got, fmt.Sprint(f.Properties["kinds"], " ", points))
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.what, got, tt.want)
		}
	}
}

// Catches: garbage for each search of an application that looks its users up.
func TestLDAPEnumAllocatesNothing(t *testing.T) {
	d, v := LDAPEnum.New(), device.New(device.Options{}).View()
	s := &events.LDAPSearch{Scope: "tree", BaseObject: "OU=People,DC=Example,DC=com", Filter: "(&(objectClass=user)(sAMAccountName=Alice))"}
	if n := testing.AllocsPerRun(100, func() { d.Observe(s, v) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
