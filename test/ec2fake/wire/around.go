package wire

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// aroundActions are tags and regions: what people look around with.
func aroundActions() map[string]action {
	return map[string]action{
		"CreateTags":      asks(readTagging, createTags),
		"DeleteTags":      asks(readTagging, deleteTags),
		"DescribeTags":    asks(func(p *params) reading { return readQuery(p, "") }, describeTags),
		"DescribeRegions": asks(readRegions, describeRegions),
	}
}

// tagging is what CreateTags and DeleteTags are asked with. A tag without a value has a nil one.
type tagging struct {
	ids    []string
	tags   map[string]*string
	dryRun bool
}

func readTagging(p *params) tagging {
	in := tagging{ids: p.texts("ResourceId"), tags: map[string]*string{}, dryRun: p.flag("DryRun")}
	if len(in.ids) == 0 {
		p.fail(missing("ResourceId"))
	}
	for _, tag := range p.list("Tag") {
		in.tags[tag.need("Key")] = tag.maybe("Value")
	}
	return in
}

func createTags(c *call, in tagging) ([]element, error) {
	if len(in.tags) == 0 {
		return nil, missing("Tag")
	}
	if in.dryRun {
		return nil, dryRun()
	}
	tags := map[string]string{}
	for key, value := range in.tags {
		tags[key] = ""
		if value != nil {
			tags[key] = *value
		}
	}
	if err := c.account.EC2.CreateTags(c.ctx, in.ids, tags); err != nil {
		return nil, err
	}
	return []element{flag("return", true)}, nil
}

// deleteTags takes keys away. Of a tag with a value it takes only those that have it, and without any tag all of them, so then the tags
// that there are must be read first.
func deleteTags(c *call, in tagging) ([]element, error) {
	if in.dryRun {
		return nil, dryRun()
	}
	plain := len(in.tags) > 0 && !slices.ContainsFunc(slices.Collect(maps.Values(in.tags)), func(v *string) bool { return v != nil })
	if plain {
		if err := c.account.EC2.DeleteTags(c.ctx, in.ids, slices.Sorted(maps.Keys(in.tags))); err != nil {
			return nil, err
		}
		return []element{flag("return", true)}, nil
	}
	there, err := tagsIn(c, in.ids)
	if err != nil {
		return nil, err
	}
	for _, id := range in.ids {
		keys := in.taken(there, id)
		if len(keys) == 0 {
			continue
		}
		if err := c.account.EC2.DeleteTags(c.ctx, []string{id}, keys); err != nil {
			return nil, err
		}
	}
	return []element{flag("return", true)}, nil
}

// taken are the keys that go from one resource. Tags of AWS's own stay.
func (in tagging) taken(there []tagged, id string) []string {
	var keys []string
	for _, t := range there {
		want, named := in.tags[t.key]
		fits := named && (want == nil || *want == t.value) || len(in.tags) == 0 && !strings.HasPrefix(t.key, "aws:")
		if t.id == id && fits {
			keys = append(keys, t.key)
		}
	}
	return keys
}

// tagged is one tag of one resource.
type tagged struct{ id, kind, key, value string }

// tagsIn reads the tags of all resources, or of those named. Only the kinds that are named are asked for.
func tagsIn(c *call, ids []string) ([]tagged, error) {
	var out []tagged
	for _, kind := range []func(*call, func(id string) bool) ([]tagged, error){
		tagsOf("vpc", "vpc-", ec2api.EC2.DescribeVpcs, func(v ec2api.Vpc) []resource { return []resource{{v.ID, v.Tags}} }),
		tagsOf("subnet", "subnet-", ec2api.EC2.DescribeSubnets, func(v ec2api.Subnet) []resource { return []resource{{v.ID, v.Tags}} }),
		tagsOf("instance", "i-", ec2api.EC2.DescribeInstances, func(v ec2api.Instance) []resource { return []resource{{v.ID, v.Tags}} }),
		tagsOf("network-interface", "eni-", ec2api.EC2.DescribeNetworkInterfaces, func(v ec2api.NetworkInterface) []resource { return []resource{{v.ID, v.Tags}} }),
		tagsOf("traffic-mirror-session", "tms-", ec2api.EC2.DescribeTrafficMirrorSessions, func(v ec2api.TrafficMirrorSession) []resource { return []resource{{v.ID, v.Tags}} }),
		tagsOf("traffic-mirror-target", "tmt-", ec2api.EC2.DescribeTrafficMirrorTargets, func(v ec2api.TrafficMirrorTarget) []resource { return []resource{{v.ID, v.Tags}} }),
		tagsOf("traffic-mirror-filter", "tmf", ec2api.EC2.DescribeTrafficMirrorFilters, taggedOfFilter),
	} {
		some, err := kind(c, func(prefix string) bool {
			return len(ids) == 0 || slices.ContainsFunc(ids, func(id string) bool { return strings.HasPrefix(id, prefix) })
		})
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

// taggedOfFilter gives a filter and its rules, which have tags of their own.
func taggedOfFilter(f ec2api.TrafficMirrorFilter) []resource {
	out := []resource{{f.ID, f.Tags}}
	for _, r := range rulesOf(f) {
		out = append(out, resource{r.ID, r.Tags})
	}
	return out
}

// describeTags lists the tags of everything that the contract can describe.
func describeTags(c *call, in reading) ([]element, error) {
	if in.dryRun {
		return nil, dryRun()
	}
	var ids []string
	if named := in.q.Filters["resource-id"]; !slices.ContainsFunc(named, func(id string) bool { return strings.ContainsAny(id, "*?\\") }) {
		ids = named
	}
	all, err := tagsIn(c, ids)
	if err != nil {
		return nil, err
	}
	var kept []tagged
	for _, t := range all {
		fields := map[string]string{"resource-id": t.id, "resource-type": t.kind, "key": t.key, "value": t.value}
		fits, err := fitsFilters(fields, map[string]string{t.key: t.value}, in.q.Filters)
		if err != nil {
			return nil, err
		}
		if fits {
			kept = append(kept, t)
		}
	}
	page, next, err := slicePage(kept, in.q.NextToken, int(in.q.MaxResults))
	if err != nil {
		return nil, err
	}
	return []element{set("tagSet", page, func(t tagged) []element {
		return []element{text("resourceId", t.id), text("resourceType", t.kind), text("key", t.key), text("value", t.value)}
	}), maybe("nextToken", next)}, nil
}

// regionQuery asks which regions there are.
type regionQuery struct {
	names   []string
	filters map[string][]string
	dryRun  bool
}

func readRegions(p *params) regionQuery {
	p.flag("AllRegions") // there are none that are not opted in
	return regionQuery{names: p.texts("RegionName"), filters: readFilters(p), dryRun: p.flag("DryRun")}
}

func describeRegions(c *call, in regionQuery) ([]element, error) {
	if in.dryRun {
		return nil, dryRun()
	}
	for _, name := range in.names {
		if !slices.Contains(c.server.o.Regions, name) {
			return nil, invalid(name, "RegionName", "there is no such region")
		}
	}
	var kept []string
	for _, name := range slices.Sorted(slices.Values(c.server.o.Regions)) {
		fits, err := fitsFilters(map[string]string{"region-name": name, "endpoint": endpointOf(name), "opt-in-status": "opt-in-not-required"}, nil, in.filters)
		if err != nil {
			return nil, err
		}
		if fits && (len(in.names) == 0 || slices.Contains(in.names, name)) {
			kept = append(kept, name)
		}
	}
	return []element{set("regionInfo", kept, func(name string) []element {
		return []element{text("regionName", name), text("regionEndpoint", endpointOf(name)), text("optInStatus", "opt-in-not-required")}
	})}, nil
}

func endpointOf(region string) string { return "ec2." + region + ".amazonaws.com" }

// slicePage cuts a page out of what was gathered here. Its tokens are places in the list.
func slicePage[T any](all []T, token string, most int) (page []T, next string, err error) {
	from := 0
	if token != "" {
		text, bad := base64.RawURLEncoding.DecodeString(token)
		if from, err = strconv.Atoi(string(text)); bad != nil || err != nil || from < 0 {
			return nil, "", fault(ec2api.CodeInvalidPaginationToken, "The pagination token is not one that was given")
		}
	}
	if most <= 0 || most > 1000 {
		most = 1000
	}
	from = min(from, len(all))
	to := min(from+most, len(all))
	if to < len(all) {
		next = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(to)))
	}
	return all[from:to], next, nil
}
