package inventory

import (
	"cmp"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Bounds of one holding: whatever somebody writes into tags, a document stays small.
const (
	maxText      = 256 // bytes of ids, names and descriptions
	maxARN       = 1024
	maxTagBytes  = 4096 // keys and values of all tags: Name and AWS's own first, then by key
	maxGroups    = 16
	maxAddresses = 64
)

// tagGroup is where AWS says which Auto Scaling group started an instance.
const tagGroup = "aws:autoscaling:groupName"

// Completed fills in what tags, description and requester of an interface say: name, Auto Scaling group, ECS task, and the service that
// made it. kind is AWS's type of the interface: "interface", "natGateway", "lambda", ... What is there already stays.
func Completed(h events.Holding, kind string) events.Holding {
	h.Name = cmp.Or(h.Name, h.Tags["Name"])
	h.AutoScaling = cmp.Or(h.AutoScaling, h.Tags[tagGroup])
	h.Requester = requester(kind, h.Requester)
	if h.Task == "" && strings.HasPrefix(h.Description, "arn:") && strings.Contains(h.Description, ":ecs:") {
		h.Task = h.Description // ECS describes the interface of a task by the ARN of its attachment or, where it does, of the task
	}
	return h
}

// requester is who made an interface, in words: of some services AWS tells a number of an account, or the id of a role.
func requester(kind, id string) string {
	kind = strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(kind))
	switch {
	case kind == "natgateway":
		return RequesterNAT
	case strings.HasPrefix(id, "amazon-"), kind == "", kind == "interface", kind == "efa", kind == "trunk":
		return id
	}
	for _, known := range []string{
		"api-gateway-managed", "aws-codestar-connections-managed", "branch", "gateway-load-balancer", "gateway-load-balancer-endpoint",
		"global-accelerator-managed", "iot-rules-managed", "lambda", "network-load-balancer", "load-balancer", "quicksight", "transit-gateway", "vpc-endpoint",
	} {
		if kind == strings.ReplaceAll(known, "-", "") {
			return known
		}
	}
	return id
}

// bounded is a holding as it is written: every list in an order of its own and cut, every text cut, times in UTC.
func bounded(h events.Holding) events.Holding {
	for _, s := range []*string{
		&h.Interface, &h.Account, &h.Region, &h.VPC, &h.Subnet, &h.Instance, &h.InstanceType, &h.Name, &h.Role, &h.AutoScaling, &h.Requester, &h.Description,
	} {
		*s = cut(*s, maxText)
	}
	h.Profile, h.Task = cut(h.Profile, maxARN), cut(h.Task, maxARN)
	h.Tags = boundedTags(h.Tags)
	h.Groups = distinct(h.Groups, maxGroups)
	for i, g := range h.Groups {
		h.Groups[i] = cut(g, maxText)
	}
	h.Addresses, h.PublicAddresses = addressList(h.Addresses), addressList(h.PublicAddresses)
	h.From, h.To = utc(h.From), utc(h.To)
	return h
}

func utc(t *time.Time) *time.Time {
	if t == nil || t.IsZero() {
		return nil
	}
	u := t.Round(0).UTC()
	return &u
}

// cut gives at most n bytes, whole characters, and valid ones: what is written must come back the same.
func cut(s string, n int) string {
	if len(s) > n {
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func boundedTags(tags map[string]string) map[string]string {
	if len(tags) == 0 {
		return nil
	}
	rank := func(k string) int {
		switch {
		case k == "Name":
			return 0
		case strings.HasPrefix(k, "aws:"):
			return 1
		}
		return 2
	}
	keys := slices.SortedFunc(maps.Keys(tags), func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b)) })
	out, room := make(map[string]string, len(tags)), maxTagBytes
	for _, k := range keys {
		if room -= len(k) + len(tags[k]); room < 0 {
			break
		}
		out[strings.ToValidUTF8(k, "\uFFFD")] = strings.ToValidUTF8(tags[k], "\uFFFD")
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func distinct(list []string, most int) []string {
	list = slices.Compact(slices.Sorted(slices.Values(list)))
	if len(list) == 0 {
		return nil
	}
	return list[:min(len(list), most)]
}

// addressList leaves the first at its place, which is the primary, and the others in their order: AWS lists them in any.
func addressList(list []netip.Addr) []netip.Addr {
	out := make([]netip.Addr, 0, len(list))
	for _, a := range list {
		if a = plain(a); a.IsValid() && !slices.Contains(out[:min(len(out), maxAddresses)], a) {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return nil
	}
	slices.SortFunc(out[1:], netip.Addr.Compare)
	return slices.Compact(out)[:min(len(slices.Compact(out)), maxAddresses)]
}

// same says whether two bounded holdings say the same, whenever.
func same(a, b *events.Holding) bool {
	x, y := *a, *b
	x.From, x.To, y.From, y.To = nil, nil, nil, nil
	return reflect.DeepEqual(&x, &y)
}

// alike says whether two holdings are of the same holder at the same place, whatever its tags were.
func alike(a, b *events.Holding) bool {
	return a.Interface == b.Interface && a.Instance == b.Instance && a.VPC == b.VPC &&
		slices.Equal(a.Addresses, b.Addresses) && slices.Equal(a.PublicAddresses, b.PublicAddresses)
}

// filled is a holding with what another says of the same holder, where it says nothing itself. It is for the owner of a shared subnet,
// who sees others' interfaces without their tags.
func filled(h, with events.Holding) events.Holding {
	for _, p := range []struct {
		to   *string
		from string
	}{
		{&h.Account, with.Account}, {&h.Region, with.Region}, {&h.VPC, with.VPC}, {&h.Subnet, with.Subnet}, {&h.Instance, with.Instance},
		{&h.InstanceType, with.InstanceType}, {&h.Name, with.Name}, {&h.Profile, with.Profile}, {&h.Role, with.Role},
		{&h.AutoScaling, with.AutoScaling}, {&h.Task, with.Task}, {&h.Requester, with.Requester}, {&h.Description, with.Description},
	} {
		*p.to = cmp.Or(*p.to, p.from)
	}
	if len(with.Tags) > 0 {
		tags := maps.Clone(with.Tags)
		maps.Copy(tags, h.Tags)
		h.Tags = tags
	}
	if len(h.Groups) == 0 {
		h.Groups = with.Groups
	}
	if len(h.Addresses) == 0 {
		h.Addresses = with.Addresses
	}
	if len(h.PublicAddresses) == 0 {
		h.PublicAddresses = with.PublicAddresses
	}
	if h.From == nil {
		h.From = with.From
	}
	return h
}

// Attached is an interface's holding with what is known of its instance: name and tags of the instance come before its own.
func Attached(h, instance events.Holding) events.Holding {
	own := h
	h.Tags, h.Name, h.Profile, h.InstanceType = nil, "", "", ""
	instance.Addresses, instance.PublicAddresses, instance.Groups, instance.From = nil, nil, nil, h.From
	instance.Name, instance.AutoScaling = cmp.Or(instance.Name, instance.Tags["Name"]), cmp.Or(instance.AutoScaling, instance.Tags[tagGroup])
	return filled(filled(h, instance), events.Holding{Tags: own.Tags, Name: own.Name, Profile: own.Profile, InstanceType: own.InstanceType})
}

// together is an instance as its interfaces show it, the first of them first.
func together(list []events.Holding) events.Holding {
	h := list[0]
	for _, other := range list[1:] {
		h.Addresses = slices.Concat(h.Addresses, other.Addresses)
		h.PublicAddresses = slices.Concat(h.PublicAddresses, other.PublicAddresses)
		h.Groups = slices.Concat(h.Groups, other.Groups)
		if other.From != nil && (h.From == nil || other.From.Before(*h.From)) {
			h.From = other.From
		}
	}
	return bounded(h)
}
