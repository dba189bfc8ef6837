package ec2fake

import (
	"context"
	"slices"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func TestPaging(t *testing.T) {
	st := newStage(t, Settings{PageSize: 7})
	var all []string
	for range 20 {
		all = append(all, st.eni())
	}
	slices.Sort(all)
	page := func(q ec2api.Query) (ec2api.Page[ec2api.NetworkInterface], error) {
		return st.ec2.DescribeNetworkInterfaces(context.Background(), q)
	}
	onInstances := map[string][]string{"interface-type": {"interface"}}
	for _, c := range []struct {
		size  int32
		pages []int
	}{{0, []int{7, 7, 6}}, {5, []int{5, 5, 5, 5}}, {10, []int{10, 10}}, {1000, []int{20}}} {
		var got []string
		q := ec2api.Query{MaxResults: c.size, Filters: onInstances}
		for _, want := range c.pages {
			p := must(page(q))(t)
			if len(p.Items) != want {
				t.Fatalf("MaxResults %d: a page of %d, want %d", c.size, len(p.Items), want)
			}
			for _, v := range p.Items {
				got = append(got, v.ID)
			}
			q.NextToken = p.Next
		}
		if q.NextToken != "" || !slices.Equal(got, all) {
			t.Errorf("MaxResults %d: %d interfaces and token %q, want %d", c.size, len(got), q.NextToken, len(all))
		}
	}
	token := must(page(ec2api.Query{MaxResults: 5, Filters: onInstances}))(t).Next
	for _, c := range []struct {
		name string
		q    ec2api.Query
		code string
	}{
		{"a page too small", ec2api.Query{MaxResults: 4}, ec2api.CodeInvalidParameterValue},
		{"a page too large", ec2api.Query{MaxResults: 1001}, ec2api.CodeInvalidParameterValue},
		{"ids and MaxResults", ec2api.Query{IDs: all[:1], MaxResults: 5}, ec2api.CodeInvalidParameterConflict},
		{"ids and a token", ec2api.Query{IDs: all[:1], NextToken: token}, ec2api.CodeInvalidParameterConflict},
		{"no token of ours", ec2api.Query{NextToken: "page2"}, ec2api.CodeInvalidPaginationToken},
		{"a token of another question", ec2api.Query{NextToken: token}, ec2api.CodeInvalidPaginationToken},
		{"a token changed", ec2api.Query{NextToken: token[:len(token)-2] + "xx", Filters: onInstances}, ec2api.CodeInvalidPaginationToken},
		{"an unknown filter", ec2api.Query{Filters: map[string][]string{"colour": {"red"}}}, ec2api.CodeInvalidParameterValue},
		{"a filter without value", ec2api.Query{Filters: map[string][]string{"vpc-id": {}}}, ec2api.CodeInvalidParameterValue},
		{"too many values", ec2api.Query{Filters: map[string][]string{"vpc-id": make([]string, 201)}}, codeFilterLimit},
		{"an unknown id", ec2api.Query{IDs: []string{all[0], "eni-00000000"}}, ec2api.CodeInterfaceNotFound},
		{"a malformed id", ec2api.Query{IDs: []string{"eni-xyz"}}, "InvalidNetworkInterfaceID.Malformed"},
	} {
		_, err := page(c.q)
		if ec2api.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
	// Tags filter what AWS documents it for, and no mirror object.
	_, err := st.ec2.DescribeTrafficMirrorSessions(context.Background(), ec2api.Query{Filters: map[string][]string{"tag:a": {"b"}}})
	st.refused(err, ec2api.CodeInvalidParameterValue)
	if got := must(page(ec2api.Query{IDs: []string{all[3], all[1], all[3]}}))(t); len(got.Items) != 2 {
		t.Errorf("two ids gave %d interfaces", len(got.Items))
	}
}

func TestFilters(t *testing.T) {
	st := newStage(t, Settings{})
	web := st.instance(InstanceSpec{Type: "m5.large", Tags: map[string]string{"Name": "web-1", "mirrorwatch": "on"}})
	db := st.instance(InstanceSpec{Type: "r6i.large", Tags: map[string]string{"Name": "db*1"}, Interfaces: 2})
	for _, c := range []struct {
		filters map[string][]string
		want    []string
	}{
		{map[string][]string{"instance-type": {"m5.*"}}, []string{web.ID}},
		{map[string][]string{"instance-type": {"m5.larg?"}}, []string{web.ID}},
		{map[string][]string{"instance-type": {"M5.large"}}, nil},
		{map[string][]string{"instance-type": {"c5.large", "r6i.large"}}, []string{db.ID}},
		{map[string][]string{"tag:Name": {"*-1"}}, []string{web.ID}},
		{map[string][]string{"tag:Name": {`db\*1`}}, []string{db.ID}},
		{map[string][]string{"tag:Name": {`db?1`}}, []string{db.ID}},
		{map[string][]string{"tag-key": {"mirrorwatch"}}, []string{web.ID}},
		{map[string][]string{"tag-key": {"Name"}, "instance-state-name": {"stopped"}}, nil},
		{map[string][]string{"network-interface.network-interface-id": {db.Interfaces[1]}}, []string{db.ID}},
	} {
		var got []string
		for _, i := range must(st.ec2.DescribeInstances(context.Background(), ec2api.Query{Filters: c.filters}))(t).Items {
			got = append(got, i.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.filters, got, c.want)
		}
	}
	at := must(st.ec2.DescribeNetworkInterfaces(context.Background(), ec2api.Query{Filters: map[string][]string{"attachment.instance-id": {db.ID}}}))(t)
	if len(at.Items) != 2 {
		t.Errorf("%d interfaces are attached to %s, want 2", len(at.Items), db.ID)
	}
}

func TestInstanceTypes(t *testing.T) {
	st := newStage(t, Settings{})
	ctx := context.Background()
	got := must(st.ec2.DescribeInstanceTypes(ctx, ec2api.Query{IDs: []string{"m5.large", "m5.metal", "t2.micro"}}))(t).Items
	want := []ec2api.InstanceType{{Name: "m5.large", Hypervisor: "nitro"}, {Name: "m5.metal", BareMetal: true}, {Name: "t2.micro", Hypervisor: "xen"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	_, err := st.ec2.DescribeInstanceTypes(ctx, ec2api.Query{IDs: []string{"q9.huge"}})
	st.refused(err, codeInstanceType)
	names, q := map[string]bool{}, ec2api.Query{MaxResults: 1000}
	for pages := 0; ; pages++ {
		p := must(st.ec2.DescribeInstanceTypes(ctx, q))(t)
		for _, v := range p.Items {
			names[v.Name] = true
		}
		if q.NextToken = p.Next; p.Next == "" {
			if len(p.Items) > 100 || pages < 5 {
				t.Errorf("%d pages, the last with %d types", pages+1, len(p.Items))
			}
			break
		}
	}
	if len(names) != len(catalogue()) {
		t.Errorf("paged %d types, there are %d", len(names), len(catalogue()))
	}
}
