package plan

import (
	"testing"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

const fabricTargetARN = "arn:aws:ec2:eu-west-1:111111111111:traffic-mirror-target/tmt-1"

func fabricWithShare(w *World, resources, principals []string) {
	w.Accounts[0].Shares = append(w.Accounts[0].Shares, ec2api.ResourceShare{
		ARN: "arn:share-1", Name: "mirrorwatch-prod", Owner: fabricFleetID, Status: "ACTIVE", Resources: resources, Principals: principals,
		Tags: map[string]string{TagDeployment: "prod"},
	})
}

func TestShares(t *testing.T) {
	withTarget := func(w *World) { w.Accounts[0].Targets = []ec2api.TrafficMirrorTarget{fabricOurTarget("tmt-1")} }
	for name, c := range map[string]struct {
		world  func(w *World)
		policy func(p *policy.Policy)
		want   []string
	}{
		"the target is only being made": {want: []string{"111 create_share share/eu-west-1 <- target/eu-west-1/LB"}},
		"two targets are being made": {
			policy: func(p *policy.Policy) {
				p.Fleet.Targets = append(p.Fleet.Targets, policy.Target{Region: fabricHome, Endpoint: "vpce-1"})
			},
			want: []string{
				"111 create_share share/eu-west-1 <- target/eu-west-1/LB",
				"111 associate_share share/eu-west-1 <- target/eu-west-1/vpce-1 [] []",
			},
		},
		"the target is there": {world: withTarget, want: []string{"111 create_share share/eu-west-1"}},
		"all is shared": {world: func(w *World) {
			withTarget(w)
			fabricWithShare(w, []string{fabricTargetARN}, []string{fabricMemberID})
		}},
		"a deleted share is none": {
			world: func(w *World) {
				withTarget(w)
				fabricWithShare(w, []string{fabricTargetARN}, []string{fabricMemberID})
				w.Accounts[0].Shares[0].Status = "DELETED"
			},
			want: []string{"111 create_share share/eu-west-1"},
		},
		"a share of that name by somebody else is not ours": {
			world: func(w *World) {
				withTarget(w)
				fabricWithShare(w, nil, nil)
				w.Accounts[0].Shares[0].Owner = fabricAlienID
			},
			want: []string{"111 create_share share/eu-west-1"},
		},
		"a share of that name without our tag is not ours": {
			world: func(w *World) {
				withTarget(w)
				fabricWithShare(w, []string{"arn:theirs"}, []string{fabricAlienID})
				w.Accounts[0].Shares[0].Tags = nil
			},
			want: []string{"111 create_share share/eu-west-1"},
		},
		"it lacks the member": {
			world: func(w *World) {
				withTarget(w)
				fabricWithShare(w, []string{fabricTargetARN}, nil)
			},
			want: []string{"111 associate_share arn:share-1 [] [" + fabricMemberID + "]"},
		},
		"strangers are in it": {
			world: func(w *World) {
				withTarget(w)
				fabricWithShare(w, []string{fabricTargetARN, "arn:aws:ec2:eu-west-1:111111111111:traffic-mirror-target/tmt-old"}, []string{fabricAlienID, fabricMemberID})
			},
			want: []string{"111 disassociate_share arn:share-1 [arn:aws:ec2:eu-west-1:111111111111:traffic-mirror-target/tmt-old] [" + fabricAlienID + "]"},
		},
		"a target that sessions use stays shared, and so does one that the policy names": {
			world: func(w *World) {
				withTarget(w)
				fabricWithShare(w, []string{fabricTargetARN, "x/tmt-old", "x/tmt-7"}, []string{fabricMemberID})
				w.Accounts[1].Sessions = []ec2api.TrafficMirrorSession{{ID: "tms-1", Owner: fabricMemberID, Target: "tmt-old"}}
			},
			policy: func(p *policy.Policy) {
				p.Fleet.Targets = append(p.Fleet.Targets, policy.Target{Region: fabricHome, ID: "tmt-7"})
			},
		},
		"a call failed: nobody is put out": {
			world: func(w *World) {
				withTarget(w)
				fabricWithShare(w, []string{fabricTargetARN}, []string{fabricAlienID})
				w.Accounts[0].Failures = []string{"DescribeVpcs: InternalError"}
			},
			want: []string{"111 associate_share arn:share-1 [] [" + fabricMemberID + "]"},
		},
		"shares were not read": {world: func(w *World) { w.Accounts[0].Failures = []string{"GetResourceShares: InternalError"} }},
		"an event reads none":  {world: func(w *World) { w.Scope = []string{"eni-1"} }},
		"somebody else shares": {policy: func(p *policy.Policy) { p.Fleet.Share.Manage = false }},
		"only the fleet's own": {policy: func(p *policy.Policy) { p.Accounts = p.Accounts[:1] }},
		"the member is invited": {
			world: func(w *World) {
				withTarget(w)
				fabricWithShare(w, []string{fabricTargetARN}, []string{fabricMemberID})
				w.Accounts[1].Invitations = []ec2api.Invitation{
					{ARN: "arn:i-1", ShareName: "mirrorwatch-prod", Sender: fabricFleetID},
					{ARN: "arn:i-2", ShareName: "mirrorwatch-prod", Sender: fabricAlienID},
					{ARN: "arn:i-3", ShareName: "other", Sender: fabricFleetID},
				}
			},
			want: []string{"222 accept_share arn:i-1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, p := fabricBare(), fabricPolicy()
			fabricChange(w, p, c.world, c.policy)
			fabricSame(t, SharePlanner{}.Plan(w, p), c.want...)
		})
	}
}
