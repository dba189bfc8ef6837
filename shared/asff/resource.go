package asff

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Bounds of the lists within a resource; a machine of more has them in our own API.
const (
	maxAddresses = 16
	maxGroups    = 16
)

// resource is a participant: the machine or the interface that held its address then, where the wire or the inventory says so, or else
// the address.
func resource(p *events.Participant, who *events.Identity, a About) Resource {
	if who == nil {
		who = &events.Identity{Address: p.Address}
	}
	instance, iface := cmp.Or(p.Instance, who.Instance), cmp.Or(p.Interface, who.Interface)
	region := a.Region
	if who.Region != "" && len(who.Region) <= MaxRegion {
		region = who.Region
	}
	arn := func(kind, id string) string {
		return clip("arn:"+a.Partition+":ec2:"+region+":"+cmp.Or(p.Account, who.Account, a.Account)+":"+kind+"/"+id, MaxID)
	}
	r := Resource{Partition: a.Partition, Region: region, Tags: tags(p.Tags)}
	if len(p.Tags) == 0 {
		r.Tags = tags(who.Tags)
	}
	switch {
	case instance != "":
		r.Type, r.ID, r.Details = "AwsEc2Instance", arn("instance", instance), &Details{AwsEc2Instance: instanceOf(p, who, iface), Other: other(p, who)}
	case iface != "":
		r.Type, r.ID, r.Details = "AwsEc2NetworkInterface", arn("network-interface", iface), &Details{AwsEc2NetworkInterface: interfaceOf(who, iface), Other: other(p, who)}
	default:
		address := p.Address.Unmap().String()
		about := other(p, who)
		if about == nil {
			about = map[string]string{}
		}
		about["Address"], about["Role"] = address, clip(p.Role, 64)
		if p.Hostname != "" {
			about["Hostname"] = clip(p.Hostname, 256)
		}
		r.Type, r.ID, r.Details = "Other", clip(address, MaxID), &Details{Other: about}
	}
	return r
}

func instanceOf(p *events.Participant, who *events.Identity, iface string) *Instance {
	in := &Instance{
		Type: clip(who.InstanceType, MaxID), VPCID: clip(cmp.Or(p.VPC, who.VPC), MaxID), SubnetID: clip(who.Subnet, MaxID), IamInstanceProfileArn: clip(who.Profile, MaxID),
	}
	seen := map[netip.Addr]bool{}
	for _, list := range [][]netip.Addr{{p.Address}, who.Addresses, who.PublicAddresses} {
		for _, addr := range list {
			addr = addr.Unmap()
			if seen[addr] || len(seen) == maxAddresses {
				continue
			}
			seen[addr] = true
			switch v4, v6 := families(addr); {
			case v4 != "":
				in.IPV4Addresses = append(in.IPV4Addresses, v4)
			case v6 != "":
				in.IPV6Addresses = append(in.IPV6Addresses, v6)
			}
		}
	}
	if iface != "" {
		in.NetworkInterfaces = []Interface{{NetworkInterfaceID: clip(iface, MaxID)}}
	}
	return in
}

func interfaceOf(who *events.Identity, id string) *Interface {
	in := &Interface{NetworkInterfaceID: clip(id, MaxID)}
	for _, a := range who.Addresses[:min(len(who.Addresses), maxAddresses)] {
		if v4, _ := families(a); v4 != "" {
			in.PrivateIPAddresses = append(in.PrivateIPAddresses, PrivateAddress{v4})
		}
	}
	if len(who.PublicAddresses) > 0 {
		in.PublicIP, _ = families(who.PublicAddresses[0])
	}
	for _, g := range who.Groups[:min(len(who.Groups), maxGroups)] {
		if g != "" {
			in.SecurityGroups = append(in.SecurityGroups, SecurityGroup{clip(g, MaxID)})
		}
	}
	return in
}

// other is what the inventory and the address books say that the format has no member for.
func other(p *events.Participant, who *events.Identity) map[string]string {
	m := map[string]string{}
	for _, o := range []struct{ key, value string }{
		{"Name", who.Name}, {"RoleName", who.Role}, {"AutoScalingGroup", who.AutoScaling}, {"EcsTask", who.Task}, {"Requester", who.Requester},
		{"AwsService", strings.TrimSpace(who.Service + " " + who.Network)}, {"AutonomousSystem", system(who)}, {"Country", who.Country},
	} {
		if o.value != "" {
			m[clip(o.key, MaxOtherKey)] = clip(o.value, MaxOtherValue)
		}
	}
	if len(m) == 0 {
		return nil
	}
	m["Role"] = clip(p.Role, 64)
	return m
}

func system(who *events.Identity) string {
	if who.ASN == 0 {
		return who.ASName
	}
	return strings.TrimSpace(fmt.Sprintf("AS%d %s", who.ASN, who.ASName))
}

// contextFields adds what correlation says to the product's fields: the incident, the first calls, what was blocked, the counters that are
// unusual, what changed the score, and which source could not be asked.
func contextFields(c *events.Context, add func(k, v string)) {
	if c == nil {
		return
	}
	add("Context/Incident", c.Incident)
	for i := range c.Who[:min(len(c.Who), 3)] {
		w := &c.Who[i]
		if where := strings.Trim(strings.Join([]string{strings.TrimSpace(w.Service + " " + w.Network), system(w), w.Country}, ", "), ", "); where != "" {
			add(fmt.Sprintf("Context/From/%d", i), w.Address.Unmap().String()+": "+where)
		}
	}
	for i := range c.Calls[:min(len(c.Calls), 3)] {
		l := &c.Calls[i]
		add(fmt.Sprintf("Context/Call/%d", i), fmt.Sprintf("%s %s by %s: %s (%s)", stamp(l.Time), l.Name, l.Principal, l.Summary, l.Reason))
	}
	if c.Flows != nil {
		add("Context/Flows", c.Flows.Sentence)
	}
	if c.Feed != nil && !c.Feed.Complete {
		add("Context/Feed", c.Feed.Sentence)
	}
	unusual := 0
	for i := range c.Counters {
		if c.Counters[i].Unusual && unusual < 3 {
			add(fmt.Sprintf("Context/Counter/%d", unusual), c.Counters[i].Sentence)
			unusual++
		}
	}
	for _, t := range c.Adjustments[:min(len(c.Adjustments), 8)] {
		add("Context/Adjustment/"+strings.TrimPrefix(t.Name, events.AdjustmentPrefix), fmt.Sprintf("%+d %s", t.Points, t.Reason))
	}
	for _, s := range c.Sources {
		if s.Status != events.SourceComplete && s.Status != events.SourceEmpty {
			add("Context/Source/"+string(s.Source), strings.TrimSuffix(string(s.Status)+": "+s.Why, ": "))
		}
	}
}
