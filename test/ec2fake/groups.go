package ec2fake

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// groupTag is the tag that Auto Scaling sets on the instances of a group.
const groupTag = "aws:autoscaling:groupName"

// groupID is where a group is kept: names are an account's own.
func groupID(account, name string) string { return account + "/" + name }

// DescribeAutoScalingGroups gives the account's groups, by name. A name that is not there is left out, as AWS does, and names may be
// paged. A page is 100 at the most, whatever is asked: the AWS client behind the same interface asks for no more.
func (h *handle) DescribeAutoScalingGroups(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.AutoScalingGroup], error) {
	return do(ctx, h, request{name: "DescribeAutoScalingGroups"}, func() (ec2api.Page[ec2api.AutoScalingGroup], error) {
		var page ec2api.Page[ec2api.AutoScalingGroup]
		switch {
		case len(q.Filters) > 0:
			return page, refuse("ValidationError", "The imitation has no filters of Auto Scaling groups")
		case q.MaxResults < 0:
			return page, refuse("ValidationError", "Value '%d' at 'maxRecords' failed to satisfy constraint: Member must have value greater than or equal to 1", q.MaxResults)
		}
		after, err := h.c.openToken(h, "AutoScalingGroup", tokenQuery(q))
		if err != nil {
			return page, refuse("InvalidNextToken", "The NextToken value is not valid.")
		}
		return h.groupPage(q, after), nil
	})
}

// tokenQuery has the names in the token's sum, as a token goes with them.
func tokenQuery(q ec2api.Query) ec2api.Query {
	q.Filters = map[string][]string{"names": q.IDs}
	return q
}

func (h *handle) groupPage(q ec2api.Query, after string) ec2api.Page[ec2api.AutoScalingGroup] {
	var page ec2api.Page[ec2api.AutoScalingGroup]
	size := int(min(q.MaxResults, 100))
	if size == 0 {
		size = 50
	}
	t, now := h.region.groups, h.c.now()
	t.settle(now)
	for _, r := range t.lists[key{seenBy, h.account}] {
		v := r.shown(now)
		if v == nil || r.id <= after || len(q.IDs) > 0 && !slices.Contains(q.IDs, v.Name) {
			continue
		}
		if len(page.Items) == size {
			page.Next = h.c.closeToken(h, "AutoScalingGroup", tokenQuery(q), after)
			break
		}
		page.Items, after = append(page.Items, *v), r.id
	}
	return page
}

// MakeGroup makes an Auto Scaling group, or sets the tags of one.
func (c *Cloud) MakeGroup(account, regionName, name string, tags map[string]string) error {
	return c.world(func() error {
		r := c.regionOf(regionName)
		g := ec2api.AutoScalingGroup{Name: name}
		if old, _ := r.groups.get(groupID(account, name)); old != nil {
			g = *old
		}
		g.Tags = maps.Clone(tags)
		store(c, r.groups, groupID(account, name), account, &g)
		return nil
	})
}

// DeleteGroup removes a group that has no instances.
func (c *Cloud) DeleteGroup(account, regionName, name string) error {
	return c.world(func() error {
		r := c.regionOf(regionName)
		g, _ := r.groups.get(groupID(account, name))
		if g == nil || len(g.Instances) > 0 {
			return fmt.Errorf("delete group %s: it is not there, or it has instances", name)
		}
		store(c, r.groups, groupID(account, name), account, nil)
		return nil
	})
}

func (h *handle) joinGroup(i *ec2api.Instance, name string) error {
	if name == "" {
		return nil
	}
	g, _ := h.region.groups.get(groupID(h.account, name))
	if g == nil {
		return fmt.Errorf("run instance: there is no Auto Scaling group %q", name)
	}
	next := *g
	next.Instances = append(slices.Clone(g.Instances), i.ID)
	store(h.c, h.region.groups, groupID(h.account, name), h.account, &next)
	i.Tags = withTags(i.Tags, map[string]string{groupTag: name}, nil)
	return nil
}

func (h *handle) leaveGroup(i ec2api.Instance) string {
	name := i.Tags[groupTag]
	g, _ := h.region.groups.get(groupID(h.account, name))
	if g == nil {
		return ""
	}
	next := *g
	next.Instances = slices.DeleteFunc(slices.Clone(g.Instances), func(id string) bool { return id == i.ID })
	store(h.c, h.region.groups, groupID(h.account, name), h.account, &next)
	return name
}
