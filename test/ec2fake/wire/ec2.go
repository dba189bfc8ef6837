package wire

import (
	"context"
	"maps"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// ec2Service is EC2 itself.
func ec2Service() service {
	s := service{version: "2016-11-15", namespace: "http://ec2.amazonaws.com/doc/2016-11-15/", actions: map[string]action{}}
	for _, part := range []map[string]action{readActions(), mirrorActions(), ruleActions(), aroundActions(), machineActions()} {
		maps.Copy(s.actions, part)
	}
	return s
}

// reading is what every describe is asked with.
type reading struct {
	q      ec2api.Query
	dryRun bool
}

// readQuery reads it; ids is what the service calls its list of ids.
func readQuery(p *params, ids string) reading {
	return reading{
		q: ec2api.Query{
			IDs: p.texts(ids), Filters: readFilters(p),
			MaxResults: int32(p.positive("MaxResults", 1<<31-1)), NextToken: p.text("NextToken"),
		},
		dryRun: p.flag("DryRun"),
	}
}

// maxFilterValues is how many values EC2 takes in all the filters of one call.
const maxFilterValues = 200

func readFilters(p *params) map[string][]string {
	out, values := map[string][]string{}, 0
	for _, f := range p.list("Filter") {
		name := f.need("Name")
		if _, twice := out[name]; twice {
			p.fail(invalid(name, f.name, "a filter may be given once"))
		}
		if out[name] = f.texts("Value"); len(out[name]) == 0 {
			p.fail(invalid("", f.name+".Value", "a filter needs a value"))
		}
		values += len(out[name])
	}
	if values > maxFilterValues {
		p.fail(fault("FilterLimitExceeded", "The request has %d values in filters; %d are allowed.", values, maxFilterValues))
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// describe makes the action of a describe: one call, one page.
func describe[T any](ids, name string, ask func(ec2api.EC2, context.Context, ec2api.Query) (ec2api.Page[T], error), show func(T) []element) action {
	return asks(
		func(p *params) reading { return readQuery(p, ids) },
		func(c *call, in reading) ([]element, error) {
			if in.dryRun {
				return nil, dryRun()
			}
			page, err := ask(c.account.EC2, c.ctx, in.q)
			if err != nil {
				return nil, err
			}
			return []element{set(name, page.Items, show), maybe("nextToken", page.Next)}, nil
		})
}

func readActions() map[string]action {
	return map[string]action{
		"DescribeInstances":         describeInstances(),
		"DescribeInstanceTypes":     describe("InstanceType", "instanceTypeSet", ec2api.EC2.DescribeInstanceTypes, showInstanceType),
		"DescribeNetworkInterfaces": describe("NetworkInterfaceId", "networkInterfaceSet", ec2api.EC2.DescribeNetworkInterfaces, showInterface),
		"DescribeSubnets":           describe("SubnetId", "subnetSet", ec2api.EC2.DescribeSubnets, showSubnet),
		"DescribeVpcs":              describe("VpcId", "vpcSet", ec2api.EC2.DescribeVpcs, showVpc),
	}
}

// describeInstances puts each instance into a reservation of its own: they were all launched one by one, as far as anybody can tell.
func describeInstances() action {
	return func(c *call) ([]element, error) {
		owner := c.account.ID
		return describe("InstanceId", "reservationSet", ec2api.EC2.DescribeInstances, func(i ec2api.Instance) []element {
			return []element{
				text("reservationId", reservationOf(i.ID)), text("ownerId", owner), group("groupSet"),
				set("instancesSet", []ec2api.Instance{i}, showInstance),
			}
		})(c)
	}
}

// readTags reads the tags that a thing is to be made with. EC2 refuses tags of another kind of thing.
func readTags(p *params, kind string) map[string]string {
	out := map[string]string{}
	for _, spec := range p.list("TagSpecification") {
		if got := spec.need("ResourceType"); got != kind {
			p.fail(invalid(got, spec.name+".ResourceType", "'"+got+"' is not a valid taggable resource type for this operation; it must be "+kind))
		}
		for _, tag := range spec.list("Tag") {
			key := tag.need("Key")
			if _, twice := out[key]; twice {
				p.fail(invalid(key, tag.name+".Key", "duplicate tag keys are not allowed"))
			}
			out[key] = tag.text("Value")
		}
	}
	return out
}

func showTags(tags map[string]string) element {
	return set("tagSet", slices.Sorted(maps.Keys(tags)), func(key string) []element {
		return []element{text("key", key), text("value", tags[key])}
	})
}
