package inventory

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// TestAddressIsUsedAgain: who held an address is told by when, also minutes apart, and also where the end of one was noticed after the
// beginning of the next.
func TestAddressIsUsedAgain(t *testing.T) {
	w := newWorld(t)
	first, second := held(1, noon().Add(-time.Hour), "10.0.0.5"), held(2, noon().Add(2*time.Minute), "10.0.0.5")
	w.all(first)
	w.now = noon().Add(5 * time.Minute)
	w.all(second)
	for _, c := range []struct {
		at   time.Duration
		want string
	}{{-2 * time.Hour, ""}, {-time.Hour, "i-1"}, {time.Minute, "i-1"}, {2 * time.Minute, "i-2"}, {9 * time.Minute, "i-2"}} {
		if got := w.who(at("10.0.0.5"), noon().Add(c.at)); got != c.want {
			t.Errorf("at %s %q held 10.0.0.5, want %q", c.at, got, c.want)
		}
		p := events.Participant{Address: addr("10.0.0.5")} // without the VPC
		if got := w.who(p, noon().Add(c.at)); got != c.want {
			t.Errorf("at %s %q held 10.0.0.5 of any VPC, want %q", c.at, got, c.want)
		}
	}
	w.now = noon().Add(10 * time.Minute)
	w.all()
	w.now = noon().Add(15 * time.Minute)
	w.all(held(3, noon().Add(12*time.Minute), "10.0.0.5")) // the end of the one before was seen in a look of its own
	for minute, want := range map[int]string{9: "i-2", 10: "", 12: "i-3"} {
		if got := w.who(at("10.0.0.5"), noon().Add(time.Duration(minute)*time.Minute)); got != want {
			t.Errorf("at minute %d it was %q, want %q", minute, got, want)
		}
	}
	if got := w.who(events.Participant{Instance: "i-1"}, noon().Add(time.Hour)); got != "" {
		t.Errorf("i-1 is %q after it has gone", got)
	}
}

// TestSameAddressInManyVPCs: with the VPC they are told apart; without it nobody is taken for another.
func TestSameAddressInManyVPCs(t *testing.T) {
	w := newWorld(t)
	var list []events.Holding
	for n := range MaxHolders {
		h := held(n, noon().Add(-time.Hour), "10.0.0.5")
		h.VPC = fmt.Sprint("vpc-", n)
		list = append(list, h)
	}
	nobody := events.Participant{Address: addr("10.0.0.5")}
	w.all(list[:1]...)
	if got := w.who(nobody, noon()); got != "i-0" {
		t.Errorf("the only one is %q", got)
	}
	w.now = w.now.Add(time.Minute)
	w.all(list...)
	if got := w.who(nobody, noon()); got != "" {
		t.Errorf("of %d it is %q", len(list), got)
	}
	for n := range list {
		if got := w.who(events.Participant{VPC: fmt.Sprint("vpc-", n), Address: addr("10.0.0.5")}, noon()); got != fmt.Sprint("i-", n) {
			t.Errorf("in vpc-%d it is %q", n, got)
		}
	}
	w.now = w.now.Add(time.Minute)
	w.all(list[3])
	if got := w.who(nobody, w.now); got != "i-3" {
		t.Errorf("when the others have gone it is %q", got)
	}
	extra := held(99, noon(), "10.0.0.5")
	extra.VPC = "vpc-99"
	w.now = w.now.Add(2 * time.Hour) // so that they are not the same again
	w.all(append(list, extra)...)
	if got := w.who(nobody, w.now); got != "" {
		t.Errorf("of more than can be told apart it is %q", got)
	}
	d, err := w.docs.Get(t.Context(), store.KindHolding, "ip/-/10.0.0.5")
	if p, _ := read(d); err != nil || !p.Crowded || len(p.Versions) != 0 {
		t.Errorf("the document is %s, %v", d.Body, err)
	}
	w.docs.none()
	if n := w.all(append(list, extra)...); n != 0 || w.docs.writes != 0 {
		t.Errorf("the same again changed %d documents", n)
	}
}

// TestEverythingOfAnInterface: IPv6, secondary addresses and several interfaces, one by one and together.
func TestEverythingOfAnInterface(t *testing.T) {
	w := newWorld(t)
	a := held(1, noon().Add(-time.Hour), "10.0.0.5", "10.0.0.6", "2001:db8::5", "fd00::5")
	a.PublicAddresses, a.Profile = addrs("203.0.113.5"), "arn:aws:iam::111122223333:instance-profile/web"
	b := a
	b.Interface, b.Addresses, b.PublicAddresses = "eni-1b", addrs("10.0.1.5"), nil
	w.all(a, b)
	for _, p := range []events.Participant{
		at("10.0.0.5"), at("10.0.0.6"), at("2001:db8::5"), at("fd00::5"), at("10.0.1.5"), {Interface: "eni-1b"}, {Address: addr("203.0.113.5")},
		{Address: addr("::ffff:203.0.113.5")}, {Address: addr("2001:db8::5")}, {Instance: "i-1"},
	} {
		if got := w.who(p, noon()); got != "i-1" {
			t.Errorf("%+v is %q", p, got)
		}
	}
	h := w.history(&events.Detection{Start: noon(), Participants: []events.Participant{at("10.0.1.5")}})
	i, ok := h.Instance("i-1", noon())
	if !ok || i.Interface != "eni-1" || len(i.Addresses) != 5 || i.Profile != a.Profile || i.Account != account || i.Region != region {
		t.Errorf("the instance is %+v, %v", i, ok)
	}
	if got := fmt.Sprint(h.Outside(i)); got != "[203.0.113.5 2001:db8::5]" {
		t.Errorf("it is seen outside as %s", got)
	}
	w.now = w.now.Add(time.Minute)
	a.Addresses = addrs("10.0.0.5", "2001:db8::5")
	w.all(a, b)
	if got := w.who(at("10.0.0.6"), w.now); got != "" {
		t.Errorf("the address that was taken off is held by %q", got)
	}
	if got := w.who(at("10.0.0.6"), noon()); got != "i-1" {
		t.Errorf("before, it was held by %q", got)
	}
}

// TestPublicAddressMoves: from one instance to another, and to nobody.
func TestPublicAddressMoves(t *testing.T) {
	w := newWorld(t)
	a, b := held(1, noon().Add(-time.Hour), "10.0.0.5"), held(2, noon().Add(-time.Hour), "10.0.0.6")
	outside := addrs("203.0.113.5")
	for n, to := range []*events.Holding{&a, &b, nil, &a} {
		a.PublicAddresses, b.PublicAddresses = nil, nil
		if to != nil {
			to.PublicAddresses = outside
		}
		w.now = noon().Add(time.Duration(n) * 10 * time.Minute)
		w.all(a, b)
	}
	for minute, want := range map[int]string{-30: "i-1", 5: "i-1", 10: "i-2", 19: "i-2", 20: "", 29: "", 30: "i-1", 99: "i-1"} {
		if got := w.who(events.Participant{Address: outside[0]}, noon().Add(time.Duration(minute)*time.Minute)); got != want {
			t.Errorf("at minute %d it is held by %q, want %q", minute, got, want)
		}
	}
}

// TestGateways: an instance without a public address is seen under those of its VPC's NAT gateways, as they were then.
func TestGateways(t *testing.T) {
	w := newWorld(t)
	gateway := func(n int, vpc, public string) events.Holding {
		return Completed(events.Holding{
			Interface: fmt.Sprint("eni-nat", n), VPC: vpc, Addresses: addrs(fmt.Sprint("10.0.9.", n)), PublicAddresses: addrs(public), Description: "Interface for NAT Gateway nat-1",
		}, "nat_gateway")
	}
	i := held(1, noon().Add(-time.Hour), "10.0.0.5")
	w.all(i, gateway(1, "vpc-1", "198.51.100.1"), gateway(2, "vpc-1", "198.51.100.2"), gateway(3, "vpc-2", "198.51.100.3"))
	d := &events.Detection{Start: noon(), Participants: []events.Participant{{Address: addr("10.0.0.5")}}}
	outside := func() string {
		h := w.history(d)
		v, _ := h.Of(&d.Participants[0], d.Start)
		return fmt.Sprint(h.Outside(v))
	}
	if got := outside(); got != "[198.51.100.1 198.51.100.2]" {
		t.Errorf("it is seen outside as %s", got)
	}
	w.now = w.now.Add(time.Hour)
	i.Tags = map[string]string{"Name": "other"} // a new version, of which the gateway that went is no more
	w.all(i, gateway(2, "vpc-1", "198.51.100.2"))
	w.now = w.now.Add(time.Hour)
	w.all(i, gateway(2, "vpc-1", "198.51.100.22"))
	d.Start = w.now
	if got := outside(); got != "[198.51.100.1 198.51.100.2 198.51.100.22]" { // the gateway went when the version began
		t.Errorf("later it is seen outside as %s", got)
	}
	if got := w.who(events.Participant{Address: addr("198.51.100.22")}, w.now); got != "eni-nat2" {
		t.Errorf("the gateway's address is held by %q", got)
	}
}

// TestWhatIsNotNews writes nothing, with and without a memory, and finds news all the same.
func TestWhatIsNotNews(t *testing.T) {
	w := newWorld(t)
	var list []events.Holding
	for n := range 300 {
		list = append(list, held(n, noon().Add(-time.Hour), fmt.Sprintf("10.0.%d.%d", n/100, n%100)))
	}
	m := &Memory{}
	if n := w.keep(Observation{Complete: true, Seen: list, Memory: m}); n < 4*len(list) {
		t.Errorf("the first time %d documents were written", n)
	}
	if w.docs.most > store.MaxGet {
		t.Errorf("%d documents were read at once", w.docs.most)
	}
	for _, c := range []struct {
		memory       *Memory
		after        time.Duration
		reads, write int
	}{{nil, time.Minute, 1, 0}, {m, time.Minute, 0, 0}, {m, 16 * time.Minute, 1, 1}, {m, 46 * time.Minute, 1, 1}, {&Memory{}, 47 * time.Minute, 1, 0}} {
		w.now = noon().Add(c.after)
		w.docs.none()
		n := w.keep(Observation{Complete: true, Seen: list, Memory: c.memory})
		if n != c.write || w.docs.writes != c.write || w.docs.reads != c.reads {
			t.Errorf("after %s %d documents changed in %d writes and %d reads; want %d and %d reads", c.after, n, w.docs.writes, w.docs.reads, c.write, c.reads)
		}
	}
	w.docs.none()
	list[7].Tags = map[string]string{"Name": "new"}
	if n := w.keep(Observation{Complete: true, Seen: list, Memory: m}); n != 6 || w.docs.reads > 4 { // eni, ip, ip of any VPC, i, index, mark
		t.Errorf("one change wrote %d documents in %d reads", n, w.docs.reads)
	}
	w.docs.none()
	w.now = w.now.Add(time.Minute)
	if n := w.keep(Observation{Complete: true, Seen: list[1:], Memory: m}); n != 6 {
		t.Errorf("one that went wrote %d documents", n)
	}
}

// TestNothingGoesWhileItIsHeld: documents of holders that are seen stay, months later; others go.
func TestNothingGoesWhileItIsHeld(t *testing.T) {
	w := newWorld(t)
	stays, goes := held(1, noon().Add(-time.Hour), "10.0.0.5"), held(2, noon().Add(-time.Hour), "10.0.0.6")
	w.all(stays, goes)
	for range 200 {
		w.now = w.now.Add(24 * time.Hour)
		w.all(stays)
	}
	if got := w.who(at("10.0.0.5"), noon()); got != "i-1" {
		t.Errorf("200 days later the address was held by %q", got)
	}
	d, err := w.docs.GetMany(t.Context(), key("ip/vpc-1/10.0.0.6"), key("eni/eni-2"), key("i/i-2"))
	if err != nil || len(d) != 0 {
		t.Errorf("of what went 200 days ago %d documents are there, %v", len(d), err)
	}
}

// TestBounds: a document keeps the newest versions; of one holder that changes all the time who it was is known from the beginning.
func TestBounds(t *testing.T) {
	w := newWorld(t)
	h := held(1, noon().Add(-time.Hour), "10.0.0.5")
	for n := range 3 * MaxVersions {
		w.now = noon().Add(time.Duration(n) * time.Minute)
		h.Tags = map[string]string{"turn": fmt.Sprint(n)}
		w.all(h)
	}
	if got := w.who(at("10.0.0.5"), noon().Add(-time.Minute)); got != "i-1" {
		t.Errorf("at first it was %q", got)
	}
	for n := range 2 * MaxVersions {
		w.now = noon().Add(time.Duration(n+1) * time.Hour)
		w.all(held(100+n, w.now, "10.0.0.5"))
	}
	if got := w.who(at("10.0.0.5"), w.now.Add(-(MaxVersions-1)*time.Hour)); got != fmt.Sprint("i-", 100+MaxVersions) {
		t.Errorf("the oldest that is kept is %q", got)
	}
	if got := w.who(at("10.0.0.5"), noon()); got != "" {
		t.Errorf("what is not kept is %q", got)
	}
	large := held(1, noon(), "10.0.0.5")
	large.Description, large.Tags = strings.Repeat("ä", 5000), map[string]string{"Name": "web"}
	for n := range 50 {
		large.Tags[fmt.Sprintf("%03d%s", n, strings.Repeat("\x01", 120))] = strings.Repeat("\x02", 256)
	}
	for range MaxVersions {
		w.now = w.now.Add(time.Minute)
		large.Tags["000"] = w.now.String()
		w.all(large)
	}
	if got := w.who(at("10.0.0.5"), w.now); got != "i-1" {
		t.Errorf("the one with many tags is %q", got)
	}
}

// TestLookInPart: an event is about an interface or an instance, and says nothing of others.
func TestLookInPart(t *testing.T) {
	w := newWorld(t)
	a, b := held(1, noon().Add(-time.Hour), "10.0.0.5"), held(2, noon().Add(-time.Hour), "10.0.0.6")
	second := a
	second.Interface, second.Addresses = "eni-1b", addrs("10.0.0.7")
	w.all(a, second, b)
	w.now = noon().Add(time.Minute)
	c := held(3, w.now, "10.0.0.8")
	w.keep(Observation{Instances: []string{"i-3"}, Seen: []events.Holding{c}})
	a.Tags = map[string]string{"Name": "changed"}
	w.keep(Observation{Interfaces: []string{"eni-1"}, Seen: []events.Holding{a}})
	h := w.history(&events.Detection{Start: w.now, Participants: []events.Participant{at("10.0.0.5")}})
	if i, _ := h.Instance("i-1", w.now); len(i.Addresses) != 2 {
		t.Errorf("of the instance of which one interface was seen %v are known", i.Addresses)
	}
	w.now = noon().Add(2 * time.Minute)
	w.keep(Observation{Instances: []string{"i-1"}}) // terminated
	w.keep(Observation{Interfaces: []string{"eni-2", "eni-none"}})
	for address, want := range map[string]string{"10.0.0.5": "", "10.0.0.6": "", "10.0.0.7": "", "10.0.0.8": "i-3"} {
		if got := w.who(at(address), w.now); got != want {
			t.Errorf("%s is held by %q, want %q", address, got, want)
		}
	}
	w.now = noon().Add(5 * time.Minute)
	w.docs.none()
	if n := w.all(c); n != 0 {
		t.Errorf("the sweep after it changed %d documents", n)
	}
}

// TestHiccup: what one answer of AWS lacked, and the next has again, was there all the time.
func TestHiccup(t *testing.T) {
	w := newWorld(t)
	a := held(1, noon().Add(-time.Hour), "10.0.0.5")
	w.all(a)
	w.now = noon().Add(5 * time.Minute)
	w.all()
	if got := w.who(at("10.0.0.5"), w.now); got != "" {
		t.Errorf("it has gone, and is %q", got)
	}
	w.now = noon().Add(10 * time.Minute)
	w.all(a)
	if got := w.who(at("10.0.0.5"), noon().Add(7*time.Minute)); got != "i-1" {
		t.Errorf("in between it was %q", got)
	}
}

// TestSharedSubnet: the owner of a subnet sees the interfaces of others in it, without their tags; what these say of themselves stays.
func TestSharedSubnet(t *testing.T) {
	w := newWorld(t)
	const guest = "444455556666"
	full := held(1, noon().Add(-time.Hour), "10.0.0.5")
	full.Account = guest
	poor := full
	poor.Tags, poor.Name, poor.InstanceType = nil, "", ""
	keep := func(by string, seen ...events.Holding) {
		t.Helper()
		if _, err := Keep(t.Context(), w.docs, Observation{Account: by, Region: region, Complete: true, Seen: seen, At: w.now}); err != nil {
			t.Fatal(err)
		}
	}
	name := func() string {
		h := w.history(&events.Detection{Start: w.now, Participants: []events.Participant{at("10.0.0.5")}})
		p := at("10.0.0.5")
		v, _ := h.Of(&p, w.now)
		i, _ := h.Instance("i-1", w.now)
		return v.Account + " " + v.Name + " " + i.Name
	}
	keep(account, poor)
	if got := name(); got != guest+"  " {
		t.Errorf("before its own account was looked at it is %q", got)
	}
	for n, step := range []func(){func() { keep(guest, full) }, func() { keep(account, poor) }, func() { keep(account) }} {
		w.now = w.now.Add(time.Minute)
		if step(); name() != guest+" web-1 web-1" {
			t.Errorf("after step %d it is %q", n, name())
		}
	}
	w.now = w.now.Add(time.Minute)
	if keep(guest); name() != "  " {
		t.Errorf("when it has gone it is %q", name())
	}
}

// TestCrash: wherever it ends, the next look makes it whole, and what was known before is still known.
func TestCrash(t *testing.T) {
	dead := errors.New("dead")
	for at := 1; ; at++ {
		w := newWorld(t)
		var list []events.Holding
		for n := range 12 {
			h := held(n, noon().Add(-time.Hour), fmt.Sprintf("10.0.0.%d", n))
			list = append(list, h)
		}
		w.all(list...)
		w.now = noon().Add(5 * time.Minute)
		var next []events.Holding
		for n := range 12 {
			next = append(next, held(100+n, noon().Add(3*time.Minute), fmt.Sprintf("10.0.0.%d", n)))
		}
		n := 0
		w.docs.before = func([]store.Write) error {
			if n++; n == at {
				return dead
			}
			return nil
		}
		_, err := Keep(t.Context(), w.docs, Observation{Account: account, Region: region, Complete: true, Seen: next, At: w.now})
		if err == nil {
			if at < 20 {
				t.Errorf("there were only %d writes", at)
			}
			return
		}
		if !errors.Is(err, dead) {
			t.Fatal(err)
		}
		w.docs.before = nil
		w.now = noon().Add(10 * time.Minute)
		w.all(next...)
		w.docs.none()
		if n := w.all(next...); n != 0 {
			t.Fatalf("after a crash at write %d and a pass %d documents are to be changed still", at, n)
		}
		for n := range 12 {
			p := events.Participant{VPC: "vpc-1", Address: addr(fmt.Sprintf("10.0.0.%d", n))}
			if a, b := w.who(p, noon()), w.who(p, w.now); a != fmt.Sprint("i-", n) || b != fmt.Sprint("i-", 100+n) {
				t.Fatalf("after a crash at write %d %s was %q, and is %q", at, p.Address, a, b)
			}
		}
	}
}

// TestOthersWrite: somebody who is faster is not overwritten, and one who never stops is told of.
func TestOthersWrite(t *testing.T) {
	w := newWorld(t)
	a := held(1, noon().Add(-time.Hour), "10.0.0.5")
	w.all(a)
	meddle := 2
	w.docs.before = func(changes []store.Write) error {
		if meddle == 0 {
			return nil
		}
		meddle--
		d, err := w.docs.Get(t.Context(), changes[0].Kind, changes[0].ID)
		if err != nil {
			return nil // it is new
		}
		_, err = w.docs.Documents.Write(t.Context(), []store.Write{{Kind: d.Kind, ID: d.ID, Body: d.Body, Expires: d.Expires}}, nil)
		return err
	}
	w.now = w.now.Add(time.Minute)
	a.Tags = map[string]string{"Name": "changed"}
	w.all(a)
	if meddle != 0 {
		t.Error("nobody meddled")
	}
	w.now = w.now.Add(time.Minute)
	meddle, a.Tags = 1000, nil
	if _, err := Keep(t.Context(), w.docs, Observation{Account: account, Region: region, Seen: []events.Holding{a}, At: w.now}); !errors.Is(err, store.ErrConflict) {
		t.Errorf("against one who always is faster: %v", err)
	}
	// What was seen before something that is known already says nothing.
	w.docs.before = nil
	a.Tags = map[string]string{"Name": "old"}
	if _, err := Keep(t.Context(), w.docs, Observation{Account: account, Region: region, Seen: []events.Holding{a}, At: noon().Add(30 * time.Second)}); err != nil {
		t.Fatal(err)
	}
	p := at("10.0.0.5")
	if v, _ := w.history(&events.Detection{Start: w.now, Participants: []events.Participant{p}}).Of(&p, w.now); v.Tags["Name"] != "changed" {
		t.Errorf("an old look made it %v", v.Tags)
	}
}
