package mirror

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/test/ec2fake"
)

// TestRogueOfAStranger ends when it is gone, although nobody can look into the account that it belonged to.
func TestRogueOfAStranger(t *testing.T) {
	h := build(t, 1, "")
	l := h.loop()
	h.sweep(l)
	const evil = "999988887777"
	ctx := context.Background()
	h.subnets[evil] = h.network(evil)
	targets, err := ec2api.All(ctx, h.cloud.Account(fleetID, region).EC2.DescribeTrafficMirrorTargets, everyPage)
	h.ok(err)
	_, err = h.cloud.Account(fleetID, region).Sharing.CreateResourceShare(ctx, ec2api.CreateResourceShare{
		Name: "by mistake", Resources: []string{targets[0].ARN(region)}, Principals: []string{evil}, External: true})
	h.ok(err)
	offers, err := h.cloud.Account(evil, region).Sharing.GetResourceShareInvitations(ctx)
	h.ok(err)
	h.ok(h.cloud.Account(evil, region).Sharing.AcceptResourceShareInvitation(ctx, offers[0].ARN))
	rogue, err := h.cloud.ForeignSession(h.instance(evil, nil).Interfaces[0], ec2fake.ForeignSpec{Target: targets[0].ID})
	h.ok(err)
	find := func() (found []events.Detection) {
		p, err := h.store.Detections.Search(ctx, store.DetectionQuery{})
		h.ok(err)
		for _, d := range p.Items {
			if d.Properties["object"] == rogue.ID {
				found = append(found, d)
			}
		}
		return found
	}
	h.clock.Move(5 * time.Minute)
	h.sweep(l)
	h.sweep(l)
	if list := find(); len(list) != 1 || list[0].End != nil {
		t.Fatalf("detections are %+v", list)
	} else {
		for _, term := range list[0].Risk.Terms {
			if term.Name == "known_foreign_account" && !strings.Contains(term.Reason, evil) {
				t.Errorf("the stranger is said to be another: %s", term.Reason)
			}
		}
	}
	h.ok(h.cloud.DropSession(rogue.ID))
	h.clock.Move(5 * time.Minute)
	h.sweep(l)
	if list := find(); len(list) != 1 || list[0].End == nil {
		t.Errorf("when it is gone: %+v", list)
	}
}
