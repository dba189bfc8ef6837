package inventory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// element is one object of a file.
type element struct {
	f     *file
	line  int
	where string // "Reservations[3]"; "" where it stands alone
}

// member names a member of the element.
func (e *element) member(name string) string {
	if e.where == "" {
		return name
	}
	return e.where + "." + name
}

func (e *element) wrong(member, value, allowed string) {
	e.f.wrong(e.line, "%s: %s is not %s", e.member(member), short(value), allowed)
}

// decode reads members into a value; one that does not fit is told of, and the others are used.
func (e *element) decode(members map[string]json.RawMessage, v any, strict bool) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		quoted, err := json.Marshal(name)
		if err != nil {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(slices.Concat([]byte("{"), quoted, []byte(":"), members[name], []byte("}"))))
		if strict {
			d.DisallowUnknownFields()
		}
		if err = d.Decode(v); err == nil {
			continue
		}
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &kind):
			e.wrong(kind.Field, kind.Value, "a "+kind.Type.String())
		case strict && strings.Contains(err.Error(), "unknown field"):
			e.wrong(name, string(members[name]), "a member of a holding; these are interface, instance, addresses and those that docs/inventory.md lists")
		case strings.HasSuffix(strings.ToLower(name), "addresses"):
			e.wrong(name, string(members[name]), "a list of IP addresses")
		case name == "from" || name == "to":
			e.wrong(name, string(members[name]), "a time as 2026-11-25T12:00:00Z")
		default:
			e.f.wrong(e.line, "%s: %s: %v", e.member(name), short(string(members[name])), err)
		}
	}
}

// own reads a holding as events.Holding has it.
func (e *element) own(members map[string]json.RawMessage) {
	var h events.Holding
	e.decode(members, &h, true)
	e.add(Completed(h, ""))
}

func (e *element) add(h events.Holding) {
	if h = bounded(h); holderOf(&h) == "" {
		e.f.wrong(e.line, "%s names nobody: an inventory has holdings, each with an interface, an instance or an address, or what AWS's describe calls give", or(e.where, "this"))
		return
	}
	if h.From != nil && h.To != nil && !h.From.Before(*h.To) {
		e.wrong("to", h.To.Format(time.RFC3339), "after from, "+h.From.Format(time.RFC3339))
		return
	}
	e.f.list = append(e.f.list, h)
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// What the AWS CLI prints, as far as it is read.
type (
	awsReservation struct {
		OwnerID   string                       `json:"OwnerId"`
		Instances []map[string]json.RawMessage `json:"Instances"`
	}
	awsInstance struct {
		InstanceID        string                `json:"InstanceId"`
		InstanceType      string                `json:"InstanceType"`
		LaunchTime        string                `json:"LaunchTime"`
		VpcID             string                `json:"VpcId"`
		SubnetID          string                `json:"SubnetId"`
		PrivateIPAddress  string                `json:"PrivateIpAddress"`
		PublicIPAddress   string                `json:"PublicIpAddress"`
		Ipv6Address       string                `json:"Ipv6Address"`
		State             struct{ Name string } `json:"State"`
		Placement         struct{ AvailabilityZone string }
		IamProfile        struct{ Arn string }         `json:"IamInstanceProfile"`
		Tags              []awsTag                     `json:"Tags"`
		SecurityGroups    []awsGroup                   `json:"SecurityGroups"`
		NetworkInterfaces []map[string]json.RawMessage `json:"NetworkInterfaces"`
	}
	awsInterface struct {
		NetworkInterfaceID string         `json:"NetworkInterfaceId"`
		OwnerID            string         `json:"OwnerId"`
		VpcID              string         `json:"VpcId"`
		SubnetID           string         `json:"SubnetId"`
		AvailabilityZone   string         `json:"AvailabilityZone"`
		InterfaceType      string         `json:"InterfaceType"`
		Description        string         `json:"Description"`
		RequesterID        string         `json:"RequesterId"`
		PrivateIPAddress   string         `json:"PrivateIpAddress"`
		Association        awsAssociation `json:"Association"`
		PrivateIPAddresses []struct {
			PrivateIPAddress string         `json:"PrivateIpAddress"`
			Primary          bool           `json:"Primary"`
			Association      awsAssociation `json:"Association"`
		} `json:"PrivateIpAddresses"`
		Ipv6Addresses []struct {
			Ipv6Address string `json:"Ipv6Address"`
		} `json:"Ipv6Addresses"`
		Groups     []awsGroup `json:"Groups"`
		Attachment struct {
			InstanceID  string `json:"InstanceId"`
			AttachTime  string `json:"AttachTime"`
			DeviceIndex int    `json:"DeviceIndex"`
		} `json:"Attachment"`
		TagSet []awsTag `json:"TagSet"`
	}
	awsGateway struct {
		NatGatewayID        string `json:"NatGatewayId"`
		VpcID               string `json:"VpcId"`
		SubnetID            string `json:"SubnetId"`
		CreateTime          string `json:"CreateTime"`
		DeleteTime          string `json:"DeleteTime"`
		NatGatewayAddresses []struct {
			PublicIP           string `json:"PublicIp"`
			PrivateIP          string `json:"PrivateIp"`
			NetworkInterfaceID string `json:"NetworkInterfaceId"`
		} `json:"NatGatewayAddresses"`
		Tags []awsTag `json:"Tags"`
	}
	awsAssociation struct {
		PublicIP  string `json:"PublicIp"`
		CarrierIP string `json:"CarrierIp"`
	}
	awsTag   struct{ Key, Value string }
	awsGroup struct {
		GroupID string `json:"GroupId"`
	}
)

func (e *element) reservation(members map[string]json.RawMessage) {
	var r awsReservation
	e.decode(members, &r, false)
	for n, i := range r.Instances {
		inner := &element{f: e.f, line: e.line, where: fmt.Sprintf("%s[%d]", e.member("Instances"), n)}
		inner.instance(i, r.OwnerID)
	}
}

// instance reads an instance: each of its interfaces is a holding that says what is known of the instance, too.
func (e *element) instance(members map[string]json.RawMessage, owner string) {
	var i awsInstance
	e.decode(members, &i, false)
	if i.State.Name == "terminated" || i.State.Name == "shutting-down" && len(i.NetworkInterfaces) == 0 {
		return // it holds nothing any more
	}
	whole := events.Holding{
		Account: owner, Region: regionOf(i.Placement.AvailabilityZone), VPC: i.VpcID, Subnet: i.SubnetID, Instance: i.InstanceID,
		InstanceType: i.InstanceType, Tags: tagMap(i.Tags), Profile: i.IamProfile.Arn,
	}
	private, public := e.addresses("PrivateIpAddress", i.PrivateIPAddress, i.Ipv6Address), e.addresses("PublicIpAddress", i.PublicIPAddress)
	if len(i.NetworkInterfaces) == 0 {
		whole.Groups, whole.From = groupIDs(i.SecurityGroups), e.moment("LaunchTime", i.LaunchTime)
		whole.Addresses, whole.PublicAddresses = private, public
		e.add(Completed(whole, ""))
		return
	}
	type part struct {
		h      events.Holding
		device int
	}
	var parts []part
	for n, raw := range i.NetworkInterfaces {
		inner := &element{f: e.f, line: e.line, where: fmt.Sprintf("%s[%d]", e.member("NetworkInterfaces"), n)}
		h, device := inner.holding(raw)
		h.Instance = whole.Instance
		h = Attached(h, whole)
		parts = append(parts, part{h, device})
	}
	slices.SortStableFunc(parts, func(a, b part) int { return a.device - b.device })
	for n, p := range parts {
		if n == 0 && len(p.h.Addresses) == 0 { // some tools leave out what the instance says already
			p.h.Addresses, p.h.PublicAddresses = private, public
		}
		e.add(p.h)
	}
}

func (e *element) networkInterface(members map[string]json.RawMessage) {
	h, _ := e.holding(members)
	e.add(h)
}

// holding reads an interface, and gives its place in its instance.
func (e *element) holding(members map[string]json.RawMessage) (events.Holding, int) {
	var n awsInterface
	e.decode(members, &n, false)
	private, public, six := []string{n.PrivateIPAddress}, []string{n.Association.PublicIP, n.Association.CarrierIP}, []string{}
	for _, a := range n.PrivateIPAddresses {
		private, public = append(private, a.PrivateIPAddress), append(public, a.Association.PublicIP, a.Association.CarrierIP)
	}
	for _, a := range n.Ipv6Addresses {
		six = append(six, a.Ipv6Address)
	}
	h := events.Holding{
		Interface: n.NetworkInterfaceID, Account: n.OwnerID, Region: regionOf(n.AvailabilityZone), VPC: n.VpcID, Subnet: n.SubnetID,
		Instance: n.Attachment.InstanceID, Tags: tagMap(n.TagSet), Groups: groupIDs(n.Groups), Requester: n.RequesterID, Description: n.Description,
		Addresses:       append(e.addresses("PrivateIpAddress", private...), e.addresses("Ipv6Address", six...)...),
		PublicAddresses: e.addresses("Association.PublicIp", public...), From: e.moment("Attachment.AttachTime", n.Attachment.AttachTime),
	}
	return Completed(h, n.InterfaceType), n.Attachment.DeviceIndex
}

// gateway reads a NAT gateway: a holding for each of its interfaces.
func (e *element) gateway(members map[string]json.RawMessage) {
	var g awsGateway
	e.decode(members, &g, false)
	byInterface := map[string]*events.Holding{}
	var order []string
	for _, a := range g.NatGatewayAddresses {
		h := byInterface[a.NetworkInterfaceID]
		if h == nil {
			h = &events.Holding{
				Interface: a.NetworkInterfaceID, VPC: g.VpcID, Subnet: g.SubnetID, Tags: tagMap(g.Tags), Description: "Interface for NAT Gateway " + g.NatGatewayID,
				From: e.moment("CreateTime", g.CreateTime), To: e.moment("DeleteTime", g.DeleteTime),
			}
			byInterface[a.NetworkInterfaceID], order = h, append(order, a.NetworkInterfaceID)
		}
		h.Addresses = append(h.Addresses, e.addresses("NatGatewayAddresses.PrivateIp", a.PrivateIP)...)
		h.PublicAddresses = append(h.PublicAddresses, e.addresses("NatGatewayAddresses.PublicIp", a.PublicIP)...)
	}
	for _, id := range order {
		e.add(Completed(*byInterface[id], "natGateway"))
	}
}

func (e *element) addresses(member string, texts ...string) (list []netip.Addr) {
	for _, text := range texts {
		if text == "" {
			continue
		}
		a, err := netip.ParseAddr(text)
		if err != nil {
			e.wrong(member, text, "an IP address")
			continue
		}
		list = append(list, a)
	}
	return list
}

func (e *element) moment(member, text string) *time.Time {
	if text == "" {
		return nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		e.wrong(member, text, "a time as 2026-11-25T12:00:00Z")
		return nil
	}
	return utc(&t)
}

func tagMap(list []awsTag) map[string]string {
	if len(list) == 0 {
		return nil
	}
	tags := make(map[string]string, len(list))
	for _, t := range list {
		tags[t.Key] = t.Value
	}
	return tags
}

func groupIDs(list []awsGroup) (ids []string) {
	for _, g := range list {
		ids = append(ids, g.GroupID)
	}
	return ids
}

// regionOf is the region of an availability zone: eu-west-1 of eu-west-1a, and us-west-2 of the local zone us-west-2-lax-1a.
func regionOf(zone string) string {
	dash := false
	for i, c := range zone {
		switch digit := '0' <= c && c <= '9'; {
		case dash && digit:
			rest := strings.TrimLeft(zone[i:], "0123456789")
			return zone[:len(zone)-len(rest)]
		default:
			dash = c == '-'
		}
	}
	return ""
}
