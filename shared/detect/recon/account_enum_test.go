package recon

import (
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

func TestAccountEnum(t *testing.T) {
	samr := func(operation, args string) events.Record {
		return rpcCall(0, 1, "samr", operation, func(r *events.DCERPC) { r.Args = args })
	}
	sids := func(n int, apart time.Duration, length uint32) []events.Record {
		return rpcMany(n, func(i int) events.Record {
			return rpcCall(time.Duration(i)*apart, 1, "lsarpc", "LsarLookupSids2", func(r *events.DCERPC) { r.RequestLen = length })
		})
	}
	signIn := []events.Record{
		samr("SamrConnect5", `\\DC01`), samr("SamrEnumerateDomainsInSamServer", ""), samr("SamrLookupDomainInSamServer", "EXAMPLE"), samr("SamrOpenDomain", ""),
		samr("SamrLookupNamesInDomain", "ann"), samr("SamrOpenUser", ""), samr("SamrQueryInformationUser", ""), samr("SamrGetGroupsForUser", ""),
		samr("SamrGetAliasMembership", ""), samr("SamrCloseHandle", ""),
	}
	rpcTest(t, func() detect.Detector { return NewAccountEnum(AccountEnumDefaults()) }, []rpcCase{
		{"below: a sign-in", signIn, 0, ""},
		{"at: one list", []events.Record{samr("SamrEnumerateUsersInDomain", "")}, 1, "asked 1 server 1 time for lists of accounts, groups or members, of 1 kind: SamrEnumerateUsersInDomain."},
		{"once", []events.Record{samr("SamrEnumerateUsersInDomain", ""), samr("SamrEnumerateUsersInDomain", "")}, 1, ""},
		{"the administrators", []events.Record{samr("SamrLookupNamesInDomain", "Domain Admins"), samr("SamrGetMembersInGroup", "")}, 1, ""},
		{"the administrators looked up and no more", []events.Record{samr("SamrLookupNamesInDomain", "Domain Admins"), samr("SamrOpenGroup", "")}, 0, ""},
		{"a survey", []events.Record{samr("SamrEnumerateUsersInDomain", ""), samr("SamrEnumerateGroupsInDomain", ""), samr("SamrGetMembersInAlias", "")}, 2, "of 3 kinds"},
		{"a sweep", rpcMany(5, func(i int) events.Record { return rpcCall(0, i, "samr", "SamrGetMembersInAlias", nil) }), 2, "asked 5 servers 5 times"},
		{"ids, below", sids(29, time.Second, 100), 0, ""},
		{"ids, at", sids(30, time.Second, 100), 1, "30 times, with 3000 bytes"},
		{"ids by the thousand", sids(1, 0, 28_000), 1, "1 time, with 28000 bytes"},
		{"twin: a dialog of permissions now and then", sids(40, 20*time.Minute, 1_000), 0, ""},
	})
}

// Catches: a group of administrators that leaves the risk where it was.
func TestAccountEnumTerms(t *testing.T) {
	found := rpcJudge(NewAccountEnum(AccountEnumDefaults()), []events.Record{
		rpcCall(0, 1, "samr", "SamrLookupNamesInDomain", func(r *events.DCERPC) { r.Args = "Domain Admins" }), rpcCall(0, 1, "samr", "SamrGetMembersInGroup", nil),
	})
	if len(found) != 1 || len(found[0].Terms) != 1 || found[0].Terms[0].Name != "administrators" {
		t.Errorf("%+v", found)
	}
}
