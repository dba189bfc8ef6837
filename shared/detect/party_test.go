package detect

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

func named(n Named) Party { return Party{AWS: &n} }

// Catches: two who have no address taken for one, one taken for two because others know more of it, and a device made up for nobody.
func TestPartiesWithoutAddress(t *testing.T) {
	m := device.New(device.Options{})
	f := Finding{
		Offenders: []Party{
			named(Named{User: "user/ada", Account: "1"}), named(Named{User: "user/bob", Account: "1"}), named(Named{User: "user/ada"}), named(Named{Account: "1"}), {},
			{Addr: netip.MustParseAddr("198.51.100.7"), AWS: &Named{User: "user/ada"}}, {Addr: netip.MustParseAddr("198.51.100.7"), AWS: &Named{User: "user/bob"}},
			{Addr: netip.MustParseAddr("198.51.100.7")},
		},
		Victims: []Party{named(Named{Interface: "eni-1"}), named(Named{Interface: "eni-2"}), named(Named{Interface: "eni-1"}), named(Named{Thing: "trail/main"}), named(Named{VPC: "vpc-1"})},
	}
	list := participants(nil, &f, m.View())
	list[4].Instance = "i-1" // others know it
	list = participants(list, &f, m.View())
	var said []string
	for _, p := range list {
		said = append(said, fmt.Sprintf("%s %s%s%s %q %v", p.Role, p.User, p.Interface, p.VPC, p.Label(), p.External))
		if !p.Address.IsValid() && p.Device != "" {
			t.Errorf("%+v", p)
		}
	}
	want := []string{
		`offender user/ada "user/ada" false`, `offender user/bob "user/bob" false`, `offender user/ada "user/ada (198.51.100.7)" true`, `offender user/bob "user/bob (198.51.100.7)" true`,
		`victim eni-1 "eni-1" false`, `victim eni-2 "eni-2" false`, `victim  "trail/main" false`, `victim vpc-1 "vpc-1" false`,
	}
	if !slices.Equal(said, want) {
		t.Errorf("%q", said)
	}
}

// Catches: a detection that keeps another quiet because neither offender has an address.
func TestNoAddressIsNotTheSame(t *testing.T) {
	d := events.Detection{Participants: []events.Participant{{Role: Offender, User: "user/ada"}, {Role: Victim, Interface: "eni-1"}}}
	of := func(user, eni string) bool {
		return sameAct(&d, &Finding{Offenders: []Party{named(Named{User: user})}, Victims: []Party{named(Named{Interface: eni})}})
	}
	d.Evidence.Start, d.Evidence.End = time.Unix(0, 0), time.Unix(0, 0)
	if !of("user/ada", "eni-1") || of("user/bob", "eni-1") || of("user/ada", "eni-2") || sameAct(&d, &Finding{Offenders: []Party{{}}, Victims: []Party{{}}}) {
		t.Error("who is the same")
	}
}

func trailCall(i int, name string) *events.CloudTrail {
	c := &events.CloudTrail{Name: name, Service: "iam.amazonaws.com", Principal: "arn:aws:iam::123456789012:user/ada", Account: "123456789012"}
	c.TS, c.UID = events.Time(1e18).Add(time.Duration(i)*time.Second), fmt.Sprintf("event-%d", i)
	return c
}

// Catches: a row that grows without end, one that a restart changes, an event that counts twice, and a key without a limit.
func TestCallsTable(t *testing.T) {
	table := NewCallsTable(8, time.Hour)
	for i := range 300 {
		c := trailCall(i, fmt.Sprintf("Call%d", i))
		c.OrigH = netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)})
		if table.Heard(c) {
			t.Fatal("heard before it was")
		}
		one := table.Note("k", c)
		one.Add(named(Named{Thing: fmt.Sprintf("thing/%d", i)}))
		one.Reached(one.Total(), 1)
		if i == 299 && !table.Heard(c) {
			t.Error("not remembered")
		}
	}
	one := table.Peek("k")
	if one.Count != 300 || len(one.Callers) != maxCallers || len(one.About) != maxParticipants || len(one.Names) != MaxCallNames || len(one.UIDs) != maxUIDs || one.Things.Count() < 280 {
		t.Errorf("%+v", one)
	}
	again := NewCallsTable(8, time.Hour)
	table.Save(func(key, value []byte) {
		if value == nil {
			return // forgotten
		}
		if err := again.Load(slices.Clone(key), slices.Clone(value)); err != nil {
			t.Fatal(err)
		}
	})
	got := again.Peek("k")
	if got == nil || fmt.Sprint(got.Finding("k", 1, "x").Start, got.Count, got.Names, got.UIDs, got.Things.Count(), *got.About[5].AWS, got.Callers[3].Addr) !=
		fmt.Sprint(one.Finding("k", 1, "x").Start, one.Count, one.Names, one.UIDs, one.Things.Count(), *one.About[5].AWS, one.Callers[3].Addr) || got.Reached(300, 1) || !again.Heard(trailCall(299, "x")) {
		t.Errorf("kept %+v, was %+v", got, one)
	}
	for i := range 100 {
		table.Note(fmt.Sprint(i), trailCall(i, "x"))
	}
	if table.Overflow() != 93 {
		t.Errorf("%d were forgotten", table.Overflow())
	}
	rested := trailCall(300+3601, "x")
	again.Note("k", rested)
	if again.Peek("k").Count != 1 {
		t.Error("a row that rested does not begin anew")
	}
}

// Catches: a call of a service taken for a person's, and a failure that is no refusal.
func TestCaller(t *testing.T) {
	c := trailCall(0, "x")
	if p := Caller(c); p.AWS.User != "user/ada" || p.Addr.IsValid() || p.Endpoint != "" || p.AWS.Account != "123456789012" || ByService(c) != "" || OfAWS(c) {
		t.Errorf("%+v", p)
	}
	c.From = "cloudformation.amazonaws.com"
	if ByService(c) != c.From {
		t.Error("by a service")
	}
	c.Principal = "arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling"
	if !OfAWS(c) {
		t.Error("of AWS")
	}
	for code, want := range map[string]bool{
		"": false, "AccessDenied": true, "AccessDeniedException": true, "Client.UnauthorizedOperation": true, "Client.DryRunOperation": true,
		"ThrottlingException": false, "Client.InvalidTrafficMirrorSessionId.NotFound": false, "TrailNotFoundException": false,
	} {
		c.ErrorCode = code
		if Refused(c) != want {
			t.Errorf("%s: %v", code, !want)
		}
	}
	for text, want := range map[string]bool{"0.0.0.0/0": true, "::/0": true, "128.0.0.0/1": true, "10.0.0.0/8": false, "": false, "x": false} {
		if World(text) != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
}
