package furnish

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// The accounts and networks of the interfaces.
const (
	shopAccount, dataAccount = "111122223333", "444455556666"
	shopVPC, dataVPC         = "vpc-0a1b2c3d4e5f60001", "vpc-0a1b2c3d4e5f60002"
)

// Sensor is the sensor that hears them: the one that a furnished server is, too.
const Sensor = "lab"

// Unwatched is the interface that cannot be mirrored, with the reason and the fix that its row has.
const (
	Unwatched    = "eni-0a1b2c3d4e5f60104"
	UnwatchedWhy = "instance family t2 does not run on Nitro and is not among those older ones that AWS can mirror"
	UnwatchedFix = "change the instance to t3 or t3a, or mirror the hosts that it talks to"
)

// Interfaces stores what a loop of lambdas/mirror would: the state of thirty interfaces in two networks and accounts, every state at least
// once, who filled which number, and what sensors hear.
func Interfaces(ctx context.Context, s *store.Store, now time.Time) error {
	list := interfaces(now)
	if _, err := s.Mirror.PutCoverage(ctx, list...); err != nil {
		return fmt.Errorf("store coverage: %w", err)
	}
	for i, c := range list {
		if c.VNI == 0 {
			continue
		}
		b := events.Binding{
			VNI: c.VNI, Account: c.Account, Region: c.Region, VPC: c.VPC, Subnet: c.Subnet, Interface: c.Interface, Instance: c.Instance, Name: c.Name,
			Tags: c.Tags, Addresses: c.Addresses, From: now.Add(-30 * 24 * time.Hour),
		}
		if err := s.Mirror.Bind(ctx, b); err != nil {
			return fmt.Errorf("bind %d: %w", c.VNI, err)
		}
		h := events.Heard{
			VNI: c.VNI, Sensor: Sensor, Since: now.Add(-24 * time.Hour), LastSeen: now.Add(-time.Minute), Packets: 90_000 + uint64(i)*1000, Bytes: 70e6 + uint64(i)*1e6,
			Duplicates: uint64(i * 10), Truncated: uint64(i % 3 * 40), Gaps: uint64(i % 4 * 5), Interface: c.Interface, Name: c.Name,
		}
		if err := s.Mirror.Hear(ctx, faring(h, i, c.State)); err != nil {
			return fmt.Errorf("hear %d: %w", c.VNI, err)
		}
	}
	return nil
}

// Watched stores how the share of what is watched came to be what it is, of all interfaces and observation points that are stored by now.
func Watched(ctx context.Context, s *store.Store, now time.Time) error {
	all, err := s.Mirror.Coverage(ctx, store.CoverageQuery{Limit: store.MaxPage})
	if err != nil {
		return fmt.Errorf("read coverage: %w", err)
	}
	for hour := 30 * 24; hour >= 0; hour-- {
		if hour > 8*24 && hour%24 != 0 { // counted once an hour, as it is in truth; long ago once a day is enough
			continue
		}
		at := now.Add(-time.Duration(hour) * time.Hour)
		if err := store.PutCoverageTrend(ctx, s.Documents, store.ShareCoverage(earlier(all.Items, hour/24), at, []string{"env"})); err != nil {
			return fmt.Errorf("store trend: %w", err)
		}
	}
	return nil
}

// faring is what is heard of the interface: of a few there is something wrong, and one was only heard by a sensor that ended.
func faring(h events.Heard, i int, state events.CoverageState) events.Heard {
	switch {
	case state == events.CoverageSilent:
		h.LastSeen, h.Faults = h.LastSeen.Add(-3*time.Hour), []events.HeardFault{events.HeardSilent}
	case i == 3:
		h.Gaps, h.Faults = h.Packets/25, []events.HeardFault{events.HeardGaps}
	case i == 5:
		h.Truncated, h.Duplicates, h.Faults = h.Packets/3, h.Packets*19/20, []events.HeardFault{events.HeardDuplicates, events.HeardTruncated}
	case i == 7:
		h.Sensor, h.LastSeen = "lab-ended", h.LastSeen.Add(-26*time.Hour)
	}
	return h
}

// earlier is how it was some days ago: one interface after the other came to be watched.
func earlier(list []events.Coverage, days int) []events.Coverage {
	out := append([]events.Coverage{}, list...)
	for i := range out {
		if out[i].State == events.CoverageMirrored && i%30 < days/2 {
			out[i].State = events.CoveragePending
		}
	}
	return out
}

// unwatched are the states other than mirrored, each with what a plan says of it.
func unwatched() []events.Coverage {
	return []events.Coverage{
		{State: events.CoverageUnsupportedType, Name: "legacy-build", Reason: UnwatchedWhy, Fix: UnwatchedFix},
		{State: events.CoverageUnsupportedENI, Name: "shop-alb", Reason: "AWS does not mirror what holds it (NetworkInterfaceNotSupported)", Fix: "mirror the instances that it talks to instead"},
		{State: events.CoverageSlotsFull, Name: "shop-3", Reason: "three sessions of others fill its slots", Fix: "delete one of sessions tms-0a1, tms-0a2 and tms-0a3, or agree on who watches it"},
		{State: events.CoverageShadowed, Name: "shop-4", Reason: "session tms-0b1 of another tool has number 1 and takes its packets first", Fix: "give our session a lower number than tms-0b1"},
		{State: events.CoverageQuota, Name: "batch-1", Reason: "the quota of 10 sources of this target is used up", Fix: "ask AWS to raise quota L-0ABCDEF1, or use a target behind a load balancer"},
		{State: events.CoverageBudget, Name: "batch-2", Reason: "the policy's budget of $200 a month is spent on more important ones", Fix: "raise the budget to $211, or give it a higher priority"},
		{State: events.CoverageExcluded, Name: "sandbox", Reason: "the policy excludes it: tag Environment=sandbox"},
		{State: events.CoverageStopped, Name: "report-night", Reason: "its instance is stopped"},
		{State: events.CoveragePending, Name: "shop-new", Reason: "its session is made in this pass"},
		{State: events.CoverageSilent, Name: "cache-2", Reason: "it has a session, and no packet of it has come for 3 hours", Fix: "let UDP 4789 from 10.30.0.0/16 into the sensors' security group", Session: "tms-0c1", VNI: 9020},
		{State: events.CoverageError, Name: "shop-5", Reason: "CreateTrafficMirrorSession was refused: UnauthorizedOperation", Fix: "let the role mirrorwatch-mirror call ec2:CreateTrafficMirrorSession in account " + dataAccount},
	}
}

func interfaces(now time.Time) []events.Coverage {
	var list []events.Coverage
	for i := range 19 {
		seen := now.Add(-time.Duration(i+1) * time.Minute)
		list = append(list, events.Coverage{
			State: events.CoverageMirrored, Name: fmt.Sprintf("%s-%d", []string{"shop", "cache", "orders"}[i%3], i/3+1), VNI: uint32(9001 + i), Session: fmt.Sprintf("tms-0d%d", i),
			Sensor: Sensor, LastSeen: &seen, Packets: 90_000 + uint64(i)*1000,
		})
	}
	list = append(list, unwatched()...)
	for i := range list {
		c := &list[i]
		c.Interface, c.Instance = fmt.Sprintf("eni-0a1b2c3d4e5f6%04d", 85+i), fmt.Sprintf("i-0a1b2c3d4e5f6%04d", 85+i)
		c.Account, c.Region, c.VPC, c.Subnet = shopAccount, "eu-central-1", shopVPC, "subnet-0a1b2c3d4e5f60001"
		c.Tags = map[string]string{"env": "prod", "team": "shop"}
		if i%3 == 2 {
			c.Account, c.VPC, c.Subnet, c.Tags = dataAccount, dataVPC, "subnet-0a1b2c3d4e5f60002", map[string]string{"env": "test"}
		}
		c.Addresses = []netip.Addr{netip.AddrFrom4([4]byte{10, 30, byte(i % 3), byte(10 + i)})}
		c.Changed = now.Add(-time.Duration(i+1) * time.Hour)
	}
	return list
}
