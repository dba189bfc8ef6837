package mirror

import (
	"context"
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// perform does a step: the only place that changes AWS. What the step refers to is put into its input, which the audit entry tells.
func (p *pass) perform(pl *place, s *plan.Step) (effect, error) {
	if err := p.fill(pl, s); err != nil {
		return effect{}, err
	}
	in, ec2, lb := &s.Input, pl.api.EC2, pl.api.LoadBalancing
	switch s.Action {
	case plan.CreateSession:
		return p.createSession(pl, s)
	case plan.ModifySession:
		return p.modifySession(pl, s)
	case plan.DeleteSession:
		return p.deleteSession(pl, s)
	case plan.Bind, plan.Release:
		return p.keepBook(pl, s)
	case plan.CreateTarget:
		made, err := called(p, pl, "CreateTrafficMirrorTarget", ec2.CreateTrafficMirrorTarget, *in.CreateTarget)
		return effect{id: made.ID, called: true}, err
	case plan.DeleteTarget:
		return gone(p, pl, "DeleteTrafficMirrorTarget", ec2.DeleteTrafficMirrorTarget, s.Object)
	case plan.CreateFilter:
		made, err := called(p, pl, "CreateTrafficMirrorFilter", ec2.CreateTrafficMirrorFilter, *in.CreateFilter)
		return effect{id: made.ID, called: true}, err
	case plan.DeleteFilter:
		return gone(p, pl, "DeleteTrafficMirrorFilter", ec2.DeleteTrafficMirrorFilter, s.Object)
	case plan.SetServices:
		_, err := called(p, pl, "ModifyTrafficMirrorFilterNetworkServices", ec2.ModifyTrafficMirrorFilterNetworkServices, *in.SetServices)
		return effect{id: s.Object, called: true}, err
	case plan.CreateRule:
		return p.createRule(pl, in.CreateRule)
	case plan.ModifyRule:
		_, err := called(p, pl, "ModifyTrafficMirrorFilterRule", ec2.ModifyTrafficMirrorFilterRule, *in.ModifyRule)
		return effect{id: s.Object, called: true}, err
	case plan.DeleteRule:
		return gone(p, pl, "DeleteTrafficMirrorFilterRule", ec2.DeleteTrafficMirrorFilterRule, s.Object)
	case plan.CreateListener:
		made, err := called(p, pl, "CreateListener", lb.CreateListener, *in.CreateListener)
		return effect{id: made.ARN, called: true}, err
	case plan.ModifyListener:
		_, err := called(p, pl, "ModifyListener", lb.ModifyListener, *in.ModifyListener)
		return effect{id: s.Object, called: true}, err
	case plan.SetGroup:
		return nothing(p, pl, "ModifyTargetGroupAttributes", func(ctx context.Context) error {
			return lb.ModifyTargetGroupAttributes(ctx, s.Object, in.Attributes)
		})
	case plan.SetBalancer:
		return nothing(p, pl, "ModifyLoadBalancerAttributes", func(ctx context.Context) error {
			return lb.ModifyLoadBalancerAttributes(ctx, s.Object, in.Attributes)
		})
	case plan.Tag:
		return nothing(p, pl, "CreateTags", func(ctx context.Context) error { return ec2.CreateTags(ctx, []string{s.Object}, in.Tags) })
	case plan.Untag:
		return nothing(p, pl, "DeleteTags", func(ctx context.Context) error { return ec2.DeleteTags(ctx, []string{s.Object}, in.Keys) })
	}
	return p.share(pl, s)
}

// share does the steps of AWS RAM.
func (p *pass) share(pl *place, s *plan.Step) (effect, error) {
	ram, in := pl.api.Sharing, &s.Input
	switch s.Action {
	case plan.CreateShare:
		made, err := called(p, pl, "CreateResourceShare", ram.CreateResourceShare, *in.CreateShare)
		return effect{id: made.ARN, called: true}, err
	case plan.AssociateShare:
		return nothing(p, pl, "AssociateResourceShare", func(ctx context.Context) error {
			return ram.AssociateResourceShare(ctx, s.Object, in.Associate.Resources, in.Associate.Principals)
		})
	case plan.DisassociateShare:
		return nothing(p, pl, "DisassociateResourceShare", func(ctx context.Context) error {
			return ram.DisassociateResourceShare(ctx, s.Object, in.Associate.Resources, in.Associate.Principals)
		})
	case plan.DeleteShare:
		return nothing(p, pl, "DeleteResourceShare", func(ctx context.Context) error { return ram.DeleteResourceShare(ctx, s.Object) })
	case plan.AcceptShare:
		return nothing(p, pl, "AcceptResourceShareInvitation", func(ctx context.Context) error { return ram.AcceptResourceShareInvitation(ctx, s.Object) })
	}
	return effect{}, fmt.Errorf("step %q is of no kind that this program knows", s.Action)
}

// called makes a call of a place.
func called[I, O any](p *pass, pl *place, name string, call func(context.Context, I) (O, error), in I) (O, error) {
	return counted(p, pl, name, call)(pl.ctx, in)
}

// nothing makes a call that answers nothing.
func nothing(p *pass, pl *place, name string, call func(context.Context) error) (effect, error) {
	_, err := called(p, pl, name, func(ctx context.Context, _ struct{}) (struct{}, error) { return struct{}{}, call(ctx) }, struct{}{})
	return effect{called: true}, err
}

// gone deletes something. What is gone already is as it should be.
func gone(p *pass, pl *place, name string, call func(context.Context, ec2api.Delete) error, id string) (effect, error) {
	e, err := nothing(p, pl, name, func(ctx context.Context) error { return call(ctx, ec2api.Delete{ID: id}) })
	if ec2api.IsNotFound(err) {
		e.absent, err = true, nil
	}
	e.id = id
	return e, err
}

// fill puts the ids of what was made into the input of a step. The input is copied: the plan stays as it was decided.
func (p *pass) fill(pl *place, s *plan.Step) error {
	target, filter, err := p.refs(s)
	if err != nil {
		return err
	}
	in := &s.Input
	in.CreateSession, in.ModifySession = copyOf(in.CreateSession), copyOf(in.ModifySession)
	in.SetServices, in.CreateRule, in.CreateShare, in.Associate = copyOf(in.SetServices), copyOf(in.CreateRule), copyOf(in.CreateShare), copyOf(in.Associate)
	switch {
	case in.CreateSession != nil:
		put(&in.CreateSession.Target, target)
		put(&in.CreateSession.Filter, filter)
	case in.ModifySession != nil:
		in.ModifySession.Target, in.ModifySession.Filter = given(in.ModifySession.Target, target), given(in.ModifySession.Filter, filter)
	case in.SetServices != nil:
		put(&in.SetServices.Filter, filter)
	case in.CreateRule != nil:
		put(&in.CreateRule.Filter, filter)
	case in.CreateShare != nil && target != "":
		in.CreateShare.Resources = append(in.CreateShare.Resources[:len(in.CreateShare.Resources):len(in.CreateShare.Resources)], p.arn(pl, target))
	case in.Associate != nil && target != "":
		in.Associate.Resources = append(in.Associate.Resources[:len(in.Associate.Resources):len(in.Associate.Resources)], p.arn(pl, target))
	}
	return nil
}

// refs gives the ids of what a step refers to. The object of a step may be a share that was only just made, too.
func (p *pass) refs(s *plan.Step) (target, filter string, err error) {
	if s.TargetRef != "" {
		if target, err = p.made.id(s.TargetRef); err != nil {
			return "", "", err
		}
	}
	if s.FilterRef != "" {
		if filter, err = p.made.id(s.FilterRef); err != nil {
			return "", "", err
		}
	}
	if s.Action == plan.AssociateShare && s.Object == plan.ShareName(s.Region) {
		s.Object, err = p.made.id(s.Object)
	}
	return target, filter, err
}

func (p *pass) arn(pl *place, target string) string {
	return ec2api.TrafficMirrorTarget{ID: target, Owner: pl.account.ID}.ARN(pl.region)
}

func copyOf[T any](v *T) *T {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}

func put(to *string, id string) {
	if id != "" {
		*to = id
	}
}

func given(have *string, id string) *string {
	if id != "" {
		return &id
	}
	return have
}
