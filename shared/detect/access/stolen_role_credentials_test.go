package access

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// roleCall is one with the session of an instance's role, from an address, of an instance that is seen under others.
func roleCall(at time.Duration, instance, from, name string, addrs ...string) *events.CloudTrail {
	c := &events.CloudTrail{
		Name: name, Service: "s3.amazonaws.com", Account: "123456789012", From: from, PrincipalType: "AssumedRole", Role: "arn:aws:iam::123456789012:role/web",
		Principal: "arn:aws:sts::123456789012:assumed-role/web/" + instance, Session: instance, Instance: instance, InstanceAddrs: addrs, InstanceKnown: len(addrs) > 0,
	}
	c.TS, c.UID = events.Time(1_772_420_400e9).Add(at), fmt.Sprintf("%s-%s-%s-%v", name, instance, from, at)
	c.OrigH, _ = netip.ParseAddr(from)
	return c
}

func of(c *events.CloudTrail, service string) *events.CloudTrail {
	c.Service = service
	return c
}

func judgeRoles(t *testing.T, known device.Known, list []*events.CloudTrail) []*events.Detection {
	t.Helper()
	m := device.New(device.Options{})
	m.SetKnown(known)
	j := detect.NewJudge([]detect.Spec{StolenRoleCredentials}, m, detect.Options{})
	last := events.Time(0)
	for _, c := range list {
		j.Observe(c)
		last = max(last, c.TS)
	}
	j.Close(last)
	if len(j.Failed()) > 0 {
		t.Fatal(j.Failed()[0].Reason, j.Failed()[0].Stack)
	}
	return j.Detections()
}

const homeNAT, thief = "203.0.113.80", "198.51.100.7"

// Catches: a thief who is not seen, one whose deeds weigh nothing, and a doubt that is told as certainty.
func TestStolenRoleCredentials(t *testing.T) {
	const minute = time.Minute
	secret := of(roleCall(minute, "i-1", thief, "GetSecretValue", "10.20.1.15", homeNAT), "secretsmanager.amazonaws.com")
	user := of(roleCall(2*minute, "i-1", thief, "CreateAccessKey", "10.20.1.15", homeNAT), "iam.amazonaws.com")
	denied := of(roleCall(2*minute, "i-1", thief, "CreateUser", "10.20.1.15", homeNAT), "iam.amazonaws.com")
	denied.ErrorCode = "AccessDenied"
	plain := of(roleCall(minute, "i-1", thief, "GetParameter", "10.20.1.15", homeNAT), "ssm.amazonaws.com")
	plain.Parameters = `{"name":"/port","withDecryption":false}`
	sealed := of(roleCall(minute, "i-1", thief, "GetParameter", "10.20.1.15", homeNAT), "ssm.amazonaws.com")
	sealed.Parameters = `{"name":"/password","withDecryption":true}`
	for _, c := range []struct {
		name  string
		list  []*events.CloudTrail
		says  string
		score int
	}{
		{"from outside", []*events.CloudTrail{roleCall(0, "i-1", homeNAT, "ListBuckets", "10.20.1.15", homeNAT), roleCall(minute, "i-1", thief, "GetCallerIdentity", "10.20.1.15", homeNAT)},
			"The credentials of i-1 were used from 198.51.100.7, which is not the instance's: 1 call of 1 service, such as GetCallerIdentity.", 72},
		{"secrets and keys", []*events.CloudTrail{roleCall(0, "i-1", thief, "GetCallerIdentity", "10.20.1.15", homeNAT), secret, user},
			"3 calls of 3 services, such as GetCallerIdentity.", 97},
		{"what was refused changes nothing", []*events.CloudTrail{roleCall(0, "i-1", thief, "GetCallerIdentity", "10.20.1.15", homeNAT), denied}, "2 calls of 2 services", 72},
		{"a parameter that is no secret", []*events.CloudTrail{plain}, "such as GetParameter", 72},
		{"one that is", []*events.CloudTrail{sealed}, "such as GetParameter", 82},
		{"from two places", []*events.CloudTrail{roleCall(0, "i-1", thief, "GetCallerIdentity", "10.20.1.15", homeNAT), roleCall(1, "i-1", "192.0.2.9", "GetCallerIdentity", "10.20.1.15", homeNAT)},
			"from 198.51.100.7 and 1 more addresses, which are not the instance's", 72},
		{"from another network inside", []*events.CloudTrail{roleCall(0, "i-1", "172.16.3.4", "ListBuckets", "10.20.1.15", homeNAT)}, "used from 172.16.3.4, which is not", 67},
		{"the inventory does not know", []*events.CloudTrail{roleCall(0, "i-1", homeNAT, "ListBuckets"), roleCall(minute, "i-1", thief, "ListBuckets")},
			"The credentials of i-1 were used from 198.51.100.7, within minutes of its use from 203.0.113.80: 1 call", 50},
		{"and both go on", []*events.CloudTrail{roleCall(0, "i-1", homeNAT, "ListBuckets"), roleCall(minute, "i-1", thief, "ListBuckets"), roleCall(2*minute, "i-1", homeNAT, "ListBuckets")},
			"within minutes of its use from 203.0.113.80", 53},
		{"the inventory knows no gateway", []*events.CloudTrail{roleCall(0, "i-1", homeNAT, "ListBuckets", "10.20.1.15"), roleCall(minute, "i-1", thief, "ListBuckets", "10.20.1.15")},
			"within minutes of its use from 203.0.113.80", 55},
		{"later from there again", []*events.CloudTrail{roleCall(0, "i-1", homeNAT, "ListBuckets"), roleCall(minute, "i-1", thief, "ListBuckets"), roleCall(5*time.Hour, "i-1", thief, "GetObject")}, "2 calls", 50},
	} {
		all := judgeRoles(t, device.Known{}, c.list)
		if len(all) != 1 || !strings.Contains(all[0].Description, c.says) || all[0].Risk.Score != c.score {
			for _, d := range all {
				t.Logf("%d %s %v", d.Risk.Score, d.Description, d.Risk.Terms)
			}
			t.Errorf("%s: %d detections, want %q with %d", c.name, len(all), c.says, c.score)
		}
	}
}

// Catches: an alarm for an instance that is where it always was.
func TestInnocentRoles(t *testing.T) {
	const minute = time.Minute
	endpoint := roleCall(minute, "i-1", "10.20.9.9", "GetObject", "10.20.1.15", homeNAT)
	endpoint.VPCEndpoint = "vpce-1"
	far := roleCall(minute, "i-1", "172.31.9.9", "GetObject", "10.20.1.15", homeNAT)
	far.VPCEndpoint = "vpce-1"
	service := roleCall(minute, "i-1", "cloudformation.amazonaws.com", "DescribeStacks", "10.20.1.15", homeNAT)
	invoked := roleCall(minute, "i-1", thief, "Decrypt", "10.20.1.15", homeNAT)
	invoked.InvokedBy = "AWS Internal"
	lambda := roleCall(0, "", thief, "GetObject")
	lambda.Session, lambda.Principal = "function", "arn:aws:sts::123456789012:assumed-role/fn/function"
	for name, list := range map[string][]*events.CloudTrail{
		"by way of a NAT gateway":          {roleCall(0, "i-1", homeNAT, "ListBuckets", "10.20.1.15", homeNAT), roleCall(minute, "i-1", homeNAT, "ListBuckets", "10.20.1.15", homeNAT)},
		"by an endpoint of the VPC":        {roleCall(0, "i-1", homeNAT, "ListBuckets", "10.20.1.15", homeNAT), endpoint, far},
		"an instance replaced":             {roleCall(0, "i-1", homeNAT, "ListBuckets"), roleCall(minute, "i-2", thief, "ListBuckets")},
		"replaced, as the inventory says":  {roleCall(0, "i-1", homeNAT, "ListBuckets", "10.20.1.15", homeNAT), roleCall(minute, "i-2", thief, "ListBuckets", "10.20.1.16", thief)},
		"a function's role":                {lambda, roleCall(minute, "", homeNAT, "GetObject")},
		"a service in its name":            {service, invoked},
		"a neighbour among pods":           {roleCall(0, "i-1", "10.20.200.7", "ListBuckets", "10.20.1.15", homeNAT)},
		"an address inside, of nobody":     {roleCall(0, "i-1", "10.20.1.15", "ListBuckets"), roleCall(minute, "i-1", "10.30.1.15", "ListBuckets")},
		"a new address after a stop":       {roleCall(0, "i-1", homeNAT, "ListBuckets"), roleCall(time.Hour, "i-1", thief, "ListBuckets"), roleCall(time.Hour+minute, "i-1", thief, "ListBuckets")},
		"a gateway with two addresses":     {roleCall(0, "i-1", homeNAT, "ListBuckets"), roleCall(minute, "i-1", "203.0.113.81", "ListBuckets"), roleCall(2*minute, "i-1", homeNAT, "ListBuckets")},
		"a gateway that others are behind": {roleCall(0, "i-2", thief, "ListBuckets"), roleCall(minute, "i-1", homeNAT, "ListBuckets"), roleCall(2*minute, "i-1", thief, "ListBuckets")},
		"a gateway that people named":      {roleCall(0, "i-1", "192.0.2.50", "ListBuckets", "10.20.1.15", homeNAT)},
	} {
		for _, d := range judgeRoles(t, device.Known{Gateways: []netip.Prefix{netip.MustParsePrefix("192.0.2.50/32")}}, list) {
			t.Errorf("%s: %s", name, d.Description)
		}
	}
}

// Catches: a session that begins anew with each restart, and tables that grow with whatever a flood names.
func TestRoleSessionsAreKept(t *testing.T) {
	kept := map[string][]byte{}
	run := func(c *events.CloudTrail) []detect.Finding {
		d := NewStolenRoleCredentials(StolenRoleCredentialsDefaults())
		for k, v := range kept {
			if err := d.Load([]byte(k), v); err != nil {
				t.Fatal(err)
			}
		}
		found := d.Observe(c, device.New(device.Options{}).Observe(c))
		d.Save(func(key, value []byte) { kept[string(key)] = slices.Clone(value) })
		return found
	}
	first, stolen := roleCall(0, "i-1", homeNAT, "ListBuckets"), roleCall(time.Minute, "i-1", thief, "ListBuckets")
	if found := run(first); len(found) != 0 {
		t.Errorf("%+v", found)
	}
	found := run(stolen)
	if len(found) != 1 || found[0].Offenders[0].Addr.String() != thief || found[0].Offenders[0].AWS.User != "assumed-role/web/i-1" || found[0].Victims[0].AWS.Instance != "i-1" {
		t.Errorf("%+v", found)
	}
	if found := run(stolen); len(found) != 0 {
		t.Errorf("the same event again: %+v", found)
	}
	tune := StolenRoleCredentialsDefaults()
	tune.Sessions = 64
	d, v := NewStolenRoleCredentials(tune), device.New(device.Options{}).View()
	for i := range 1000 {
		id := fmt.Sprintf("i-%d", i)
		d.Observe(roleCall(0, id, fmt.Sprintf("203.%d.%d.1", i/200, i%200), "ListBuckets"), v)
		d.Observe(roleCall(time.Minute, id, fmt.Sprintf("198.%d.%d.1", i/200, i%200), "ListBuckets"), v)
	}
	if d.sessions.Len() > 64 || d.exits.Len() > 64 || d.Overflow() < 2000 {
		t.Errorf("%d %d %d", d.sessions.Len(), d.exits.Len(), d.Overflow())
	}
	many := NewStolenRoleCredentials(StolenRoleCredentialsDefaults())
	for i := range 100 {
		many.Observe(roleCall(time.Duration(i)*time.Hour, "i-1", fmt.Sprintf("203.%d.0.1", i), "ListBuckets"), v)
		many.Observe(roleCall(time.Duration(i)*time.Hour+1, "i-1", fmt.Sprintf("198.%d.0.1", i), "ListBuckets"), v)
	}
	if s := many.sessions.Peek(roleSession{"123456789012", "arn:aws:iam::123456789012:role/web", "i-1"}); len(s.own) > maxOwn || len(s.foreign) != maxForeign {
		t.Errorf("%d own, %d foreign", len(s.own), len(s.foreign))
	}
}

// Catches: work for each call of an instance that is where it should be.
func TestOwnCallsCostNothing(t *testing.T) {
	d, v := NewStolenRoleCredentials(StolenRoleCredentialsDefaults()), device.New(device.Options{}).View()
	known, learned := roleCall(0, "i-1", homeNAT, "ListBuckets", "10.20.1.15", homeNAT), roleCall(0, "i-2", homeNAT, "ListBuckets")
	d.Observe(learned, v)
	if n := testing.AllocsPerRun(100, func() { d.Observe(known, v); d.Observe(learned, v) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestStolenEvidence runs records as CloudTrail's reader gives them: a web server's role is stolen by way of its metadata, and another
// instance works.
func TestStolenEvidence(t *testing.T) {
	f, err := os.Open("testdata/stolen_role_credentials.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []*events.CloudTrail
	for lines := bufio.NewScanner(f); lines.Scan(); {
		c := new(events.CloudTrail)
		if err := json.Unmarshal(lines.Bytes(), c); err != nil {
			t.Fatalf("%v in %s", err, lines.Bytes())
		}
		list = append(list, c)
	}
	all := judgeRoles(t, device.Known{}, list)
	if len(all) != 1 {
		t.Fatalf("%d detections", len(all))
	}
	d := all[0]
	if want := "The credentials of i-0aa11bb22cc33dd44 were used from 198.51.100.7, which is not the instance's: 5 calls of 4 services, such as GetCallerIdentity."; d.Description != want || d.Risk.Score != 82 {
		t.Errorf("%d %s %v", d.Risk.Score, d.Description, d.Risk.Terms)
	}
	p := d.Participants
	if len(p) != 2 || p[0].Role != detect.Offender || p[0].Address.String() != "198.51.100.7" || !p[0].External || p[0].User != "assumed-role/web/i-0aa11bb22cc33dd44" ||
		p[1].Address.String() != "10.20.1.15" || p[1].Instance != "i-0aa11bb22cc33dd44" || p[1].External {
		t.Errorf("%+v", p)
	}
	if fmt.Sprint(d.Properties["calls"]) != "[GetCallerIdentity ListBuckets ListUsers GetSecretValue]" || d.Properties["carried_out"] != 4 || d.Properties["refused"] != 1 ||
		fmt.Sprint(d.Properties["own_addresses"]) != "[10.20.1.15 203.0.113.80]" || len(d.Evidence.UIDs) != 5 {
		t.Errorf("%v %v", d.Properties, d.Evidence.UIDs)
	}
}
