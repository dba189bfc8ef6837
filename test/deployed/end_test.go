package deployed

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// untag takes the tag away: the session goes, and its VNI is given back.
func (in *installation) untag(t *testing.T, ctx context.Context) {
	if err := in.cloud.Untag(in.shop.ID, "mirrorwatch"); err != nil {
		t.Fatal(err)
	}
	eventually(t, ctx, 40*time.Second, "the session is gone", func() error {
		sessions, err := in.sessions(ctx)
		bound, bad := in.bindings(ctx)
		if err = errors.Join(err, bad); err == nil && len(sessions)+len(bound) > 0 {
			err = fmt.Errorf("%d sessions, bindings %v", len(sessions), bound)
		}
		return err
	}, in.functions["mirror"].Logs)
	if err := in.cloud.Check(); err != nil {
		t.Error(err)
	}
}

// deleted is a stack that goes: rules and queue are gone first, then the custom resource takes with it whatever is ours.
func (in *installation) deleted(t *testing.T, ctx context.Context) {
	in.mirrored(t, ctx)
	in.asleep() // what its own calls have told stays in the queue, which goes with the stack
	answer, err := in.aws.Resource(ctx, in.functions["mirror"], cfn.RequestDelete, named+"-mirror")
	if err != nil || answer.Status != cfn.StatusSuccess {
		t.Fatalf("%v: %+v\n%s", err, answer, in.functions["mirror"].Logs())
	}
	sessions, err := in.sessions(ctx)
	bound, bad := in.bindings(ctx)
	targets, worse := ec2api.All(ctx, in.cloud.Account(account, place).EC2.DescribeTrafficMirrorTargets, ec2api.Query{})
	filters, worst := ec2api.All(ctx, in.cloud.Account(account, place).EC2.DescribeTrafficMirrorFilters, ec2api.Query{})
	if err := errors.Join(err, bad, worse, worst); err != nil || len(sessions)+len(bound)+len(targets)+len(filters) > 0 {
		t.Errorf("%v: these are left: %v %v %v %v", err, sessions, bound, targets, filters)
	}
}
