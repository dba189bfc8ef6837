package ec2fake

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// crowd is a cloud with ten thousand interfaces in twenty VPCs of three accounts, each mirrored.
func crowd(b *testing.B, lag time.Duration) (*Cloud, []ec2api.Account) {
	b.Helper()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	c := New(Options{Now: func() time.Time { return now }, Seed: 1, Settings: Settings{Lag: lag, SourcesSmall: 10_000}})
	accounts := []string{here, there, other}
	ok := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	for n := range 20 {
		owner := accounts[n%3]
		vpc, err := c.MakeVpc(owner, region1, []string{"10.0.0.0/16"}, nil)
		ok(err)
		subnet, err := c.MakeSubnet(SubnetSpec{VPC: vpc.ID, CIDR: "10.0.0.0/18"})
		ok(err)
		for k := range 500 {
			i, err := c.RunInstance(InstanceSpec{Subnet: subnet.ID, Tags: map[string]string{"Name": fmt.Sprint("web-", n, "-", k), "mirrorwatch": "on"}})
			ok(err)
			_, err = c.ForeignSession(i.Interfaces[0], ForeignSpec{})
			ok(err)
		}
	}
	now = now.Add(2 * lag)
	var out []ec2api.Account
	for _, a := range accounts {
		out = append(out, c.Account(a, region1))
	}
	return c, out
}

// sweep reads everything of an account as the sweep of mirroring does.
func sweep(ctx context.Context, e ec2api.EC2) (items int, err error) {
	n1, err1 := pages(ctx, e.DescribeInstances)
	n2, err2 := pages(ctx, e.DescribeNetworkInterfaces)
	n3, err3 := pages(ctx, e.DescribeSubnets)
	n4, err4 := pages(ctx, e.DescribeVpcs)
	n5, err5 := pages(ctx, e.DescribeTrafficMirrorSessions)
	n6, err6 := pages(ctx, e.DescribeTrafficMirrorTargets)
	n7, err7 := pages(ctx, e.DescribeTrafficMirrorFilters)
	return n1 + n2 + n3 + n4 + n5 + n6 + n7, firstError(err1, err2, err3, err4, err5, err6, err7)
}

func pages[T any](ctx context.Context, call func(context.Context, ec2api.Query) (ec2api.Page[T], error)) (n int, err error) {
	for q := (ec2api.Query{MaxResults: 1000}); ; {
		p, err := call(ctx, q)
		if err != nil {
			return n, err
		}
		n += len(p.Items)
		if q.NextToken = p.Next; p.Next == "" {
			return n, nil
		}
	}
}

// BenchmarkSweep is all describes of a sweep over three accounts.
func BenchmarkSweep(b *testing.B) {
	for _, lag := range []time.Duration{0, 5 * time.Second} {
		b.Run(fmt.Sprint("lag ", lag), func(b *testing.B) {
			_, accounts := crowd(b, lag)
			b.ReportAllocs()
			for b.Loop() {
				total := 0
				for _, a := range accounts {
					n, err := sweep(b.Context(), a.EC2)
					if err != nil {
						b.Fatal(err)
					}
					total += n
				}
				if total < 30_000 {
					b.Fatalf("%d things seen", total)
				}
			}
		})
	}
}

// BenchmarkOneInterface is a describe of one interface's sessions.
func BenchmarkOneInterface(b *testing.B) {
	_, accounts := crowd(b, 0)
	p, err := accounts[0].EC2.DescribeNetworkInterfaces(b.Context(), ec2api.Query{MaxResults: 5})
	if err != nil {
		b.Fatal(err)
	}
	q := ec2api.Query{MaxResults: 1000, Filters: map[string][]string{"network-interface-id": {p.Items[0].ID}}}
	for b.Loop() {
		if p, err := accounts[0].EC2.DescribeTrafficMirrorSessions(b.Context(), q); err != nil || len(p.Items) != 1 {
			b.Fatal(p, err)
		}
	}
}

// BenchmarkCreateDelete is a session made and ended among ten thousand.
func BenchmarkCreateDelete(b *testing.B) {
	for _, lag := range []time.Duration{0, 5 * time.Second} {
		b.Run(fmt.Sprint("lag ", lag), func(b *testing.B) {
			c, accounts := crowd(b, lag)
			p, err := accounts[0].EC2.DescribeTrafficMirrorSessions(b.Context(), ec2api.Query{MaxResults: 5})
			if err != nil {
				b.Fatal(err)
			}
			s := p.Items[0]
			ask := ec2api.CreateTrafficMirrorSession{NetworkInterface: s.NetworkInterface, Target: s.Target, Filter: s.Filter, SessionNumber: 9}
			now := c.now()
			c.now = func() time.Time { return now }
			for b.Loop() {
				now = now.Add(time.Second)
				made, err := accounts[0].EC2.CreateTrafficMirrorSession(b.Context(), ask)
				if err != nil {
					b.Fatal(err)
				}
				if err := accounts[0].EC2.DeleteTrafficMirrorSession(b.Context(), ec2api.Delete{ID: made.ID}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkForeign is the digest of ten thousand instances, interfaces and sessions after one change.
func BenchmarkForeign(b *testing.B) {
	c, _ := crowd(b, 0)
	for b.Loop() {
		c.Foreign("mirrorwatch:deployment", "d")
	}
}
