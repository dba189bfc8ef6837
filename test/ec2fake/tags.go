package ec2fake

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// What AWS allows of tags.
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
	maxTagIDs   = 1000
)

// checkTags holds what may be set beside the tags that are there; AWS's own do not count to the limit.
func checkTags(have, add map[string]string) error {
	for k, v := range add {
		switch {
		case k == "" || utf8.RuneCountInString(k) > maxTagKey:
			return invalid(k, "TagKey", "Expecting 1 to 128 characters.")
		case reserved(k):
			return invalid(k, "TagKey", "Tag keys starting with 'aws:' are reserved for internal use")
		case utf8.RuneCountInString(v) > maxTagValue:
			return invalid(v[:20]+"...", "TagValue", "Expecting at most 256 characters.")
		}
	}
	count := len(add)
	for k := range have {
		if _, replaced := add[k]; !replaced && !reserved(k) {
			count++
		}
	}
	if count > maxTags {
		return refuse(codeTagLimit, "The limit of %d tags is exceeded: there would be %d", maxTags, count)
	}
	return nil
}

func reserved(tag string) bool { return strings.HasPrefix(strings.ToLower(tag), "aws:") }

// CreateTags sets tags on objects of the account: on all of them or, where one is refused, on none.
func (h *handle) CreateTags(ctx context.Context, ids []string, tags map[string]string) error {
	r := request{name: "CreateTags", write: true, asked: func() map[string]any { return tagsAsked(ids, tags, true) },
		made: func() map[string]any { return map[string]any{"_return": true} }}
	return gone(do(ctx, h, r, func() (struct{}, error) { return struct{}{}, h.retag(r.name, ids, tags, nil) }))
}

// DeleteTags removes tags, whatever their values; one that is not there is no error.
func (h *handle) DeleteTags(ctx context.Context, ids []string, keys []string) error {
	removed := map[string]string{}
	for _, k := range keys {
		removed[k] = ""
	}
	r := request{name: "DeleteTags", write: true, asked: func() map[string]any { return tagsAsked(ids, removed, false) },
		made: func() map[string]any { return map[string]any{"_return": true} }}
	return gone(do(ctx, h, r, func() (struct{}, error) { return struct{}{}, h.retag(r.name, ids, nil, keys) }))
}

func (h *handle) retag(call string, ids []string, add map[string]string, remove []string) error {
	switch {
	case len(ids) == 0:
		return missing("resourceIdSet")
	case len(add)+len(remove) == 0 && call == "CreateTags":
		return missing("tagSet")
	case len(ids) > maxTagIDs:
		return invalid(len(ids), "ResourceId", "At most 1000 resources are allowed.")
	}
	for _, k := range remove {
		if reserved(k) {
			return invalid(k, "TagKey", "Tag keys starting with 'aws:' are reserved for internal use")
		}
	}
	for _, id := range ids {
		o, err := h.object(id)
		if err != nil {
			return err
		}
		if o.unseen && h.c.set.UnseenNotFound {
			return o.noun.notFound(id)
		}
		if err := checkTags(o.tags, add); err != nil {
			return err
		}
	}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		o, _ := h.object(id) // again, as a rule is changed with its filter
		next := withTags(o.tags, add, remove)
		if maps.Equal(next, o.tags) {
			continue // no change is no event either
		}
		h.c.touch(h, call, id, o.tags)
		o.retag(next)
		h.tagChanged(id, slices.Concat(slices.Sorted(maps.Keys(add)), remove))
	}
	return nil
}

func withTags(have, add map[string]string, remove []string) map[string]string {
	out := maps.Clone(have)
	if out == nil {
		out = make(map[string]string, len(add))
	}
	maps.Copy(out, add)
	for _, k := range remove {
		delete(out, k)
	}
	return out
}

// tagged is an object seen as something with tags.
type tagged struct {
	noun   noun
	tags   map[string]string
	unseen bool // no describe shows it yet
	retag  func(tags map[string]string)
}

// object finds an object of the account by its id, whatever it is.
func (h *handle) object(id string) (tagged, error) {
	prefix, _, _ := strings.Cut(id, "-")
	switch prefix {
	case "i":
		return taggable(h, instanceNoun(), h.region.instances, id, func(v *ec2api.Instance) *map[string]string { return &v.Tags })
	case "eni":
		return taggable(h, interfaceNoun(), h.region.interfaces, id, func(v *ec2api.NetworkInterface) *map[string]string { return &v.Tags })
	case "subnet":
		return taggable(h, subnetNoun(), h.region.subnets, id, func(v *ec2api.Subnet) *map[string]string { return &v.Tags })
	case "vpc":
		return taggable(h, vpcNoun(), h.region.vpcs, id, func(v *ec2api.Vpc) *map[string]string { return &v.Tags })
	case "tms":
		return taggable(h, sessionNoun(), h.region.sessions, id, func(v *ec2api.TrafficMirrorSession) *map[string]string { return &v.Tags })
	case "tmt":
		return taggable(h, targetNoun(), h.region.targets, id, func(v *ec2api.TrafficMirrorTarget) *map[string]string { return &v.Tags })
	case "tmf":
		return taggable(h, filterNoun(), h.region.filters, id, func(v *ec2api.TrafficMirrorFilter) *map[string]string { return &v.Tags })
	case "tmfr":
		return h.taggableRule(id)
	}
	return tagged{}, refuse(codeInvalidID, "The ID '%s' is not valid", id)
}

func taggable[T any](h *handle, n noun, t *table[T], id string, tags func(v *T) *map[string]string) (tagged, error) {
	if err := n.check(id); err != nil {
		return tagged{}, err
	}
	v, owner := t.get(id)
	if v == nil || owner != h.account {
		return tagged{}, n.notFound(id)
	}
	return tagged{noun: n, tags: *tags(v), unseen: t.rows[id].shown(h.c.now()) == nil, retag: func(set map[string]string) {
		next := *v
		*tags(&next) = set
		store(h.c, t, id, owner, &next)
	}}, nil
}

func (h *handle) taggableRule(id string) (tagged, error) {
	if err := ruleNoun().check(id); err != nil {
		return tagged{}, err
	}
	rule, f, err := h.ownRule(id)
	if err != nil {
		return tagged{}, err
	}
	return tagged{noun: ruleNoun(), tags: rule.Tags, retag: func(set map[string]string) {
		rules := rulesOf(f)
		for i := range rules {
			if rules[i].ID == id {
				rules[i].Tags = set
			}
		}
		h.setRules(f, rules)
	}}, nil
}
