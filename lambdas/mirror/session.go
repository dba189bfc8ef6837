package mirror

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/mirror/plan"
	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// createSession leases a VNI and asks for the session. A refusal keeps the lease: the same attempt may be made again.
func (p *pass) createSession(pl *place, s *plan.Step) (effect, error) {
	if err := p.afford(pl); err != nil {
		return effect{}, err
	}
	in := s.Input.CreateSession
	b, token, err := p.take(pl.ctx, p.bindingOf(s))
	if err != nil {
		return effect{}, err
	}
	in.VirtualNetworkID, in.ClientToken, s.Input.Binding = b.VNI, token, &b
	in.Tags = maps.Clone(in.Tags)
	in.Tags[plan.TagCreated] = b.From.UTC().Format(time.RFC3339) // the same attempt must be the same request to the letter
	made, err := called(p, pl, "CreateTrafficMirrorSession", pl.api.EC2.CreateTrafficMirrorSession, *in)
	switch {
	case err == nil:
		pl.used++
	case ec2api.Is(err, ec2api.CodeIdempotentParameter) && p.l.o.Now().Sub(b.From) >= p.policy.Limits.Settle:
		err = errors.Join(err, p.giveBack(pl.ctx, b.Interface, b.VNI)) // whatever it was of is settled: the next pass begins anew
	}
	return effect{id: made.ID, vni: b.VNI, called: true}, err
}

// afford asks the budget once for all sessions of a place, and then counts them off.
func (p *pass) afford(pl *place) error {
	if !pl.asked {
		granted, short, err := p.reserve(pl.ctx, pl, pl.creates)
		if err != nil {
			return err
		}
		pl.asked, pl.granted, pl.short = true, granted, short
	}
	if pl.used >= pl.granted {
		return pl.short
	}
	return nil
}

// bindingOf is the binding that a step asks for, with what the pass knows where the plan says nothing.
func (p *pass) bindingOf(s *plan.Step) events.Binding {
	b := events.Binding{}
	if s.Input.Binding != nil {
		b = *s.Input.Binding
	}
	b.Interface, b.Account, b.Region = s.Interface, s.Account, s.Region
	return b
}

// modifySession changes a session in place. Where it needs another VNI, that is bound before and the old one given back after: a pass
// that dies between leaves one too many, never one too few.
func (p *pass) modifySession(pl *place, s *plan.Step) (effect, error) {
	in, e := s.Input.ModifySession, effect{id: s.Object}
	if in.VirtualNetworkID != nil && *in.VirtualNetworkID == 0 {
		b, err := p.renumber(pl.ctx, pl.vniOf(s.Object), p.bindingOf(s))
		if err != nil {
			return e, err
		}
		p.book.give(b.VNI)
		in.VirtualNetworkID, e.vni = &b.VNI, b.VNI
	}
	e.called = true
	if _, err := called(p, pl, "ModifyTrafficMirrorSession", pl.api.EC2.ModifyTrafficMirrorSession, *in); err != nil {
		return e, err
	}
	if e.vni != 0 {
		p.book.stopped(s.Object, pl.vniOf(s.Object))
		return e, p.keepOnly(pl.ctx, s.Interface, e.vni)
	}
	return e, nil
}

// vniOf is the VNI that a session has now.
func (pl *place) vniOf(session string) uint32 {
	for i := range pl.seen.Sessions {
		if pl.seen.Sessions[i].ID == session {
			return pl.seen.Sessions[i].VirtualNetworkID
		}
	}
	return 0
}

// keepOnly gives back the VNIs of an interface but for one.
func (p *pass) keepOnly(ctx context.Context, iface string, vni uint32) error {
	for _, b := range p.book.of(iface) {
		if b.VNI == vni {
			continue
		}
		if err := p.giveBack(ctx, iface, b.VNI); err != nil {
			return err
		}
	}
	return nil
}

// deleteSession deletes a session and gives back its VNI, if that is bound to its interface.
func (p *pass) deleteSession(pl *place, s *plan.Step) (effect, error) {
	e, err := gone(p, pl, "DeleteTrafficMirrorSession", pl.api.EC2.DeleteTrafficMirrorSession, s.Object)
	if err != nil {
		return e, err
	}
	for i := range pl.seen.Sessions {
		have := &pl.seen.Sessions[i]
		if have.ID != s.Object {
			continue
		}
		p.book.stopped(s.Object, have.VirtualNetworkID)
		for _, b := range p.book.of(have.NetworkInterface) {
			if b.VNI == have.VirtualNetworkID {
				return e, p.giveBack(pl.ctx, have.NetworkInterface, b.VNI)
			}
		}
	}
	return e, nil
}

// keepBook does the steps that change only the store.
func (p *pass) keepBook(pl *place, s *plan.Step) (effect, error) {
	b := p.bindingOf(s)
	if s.Action == plan.Release {
		if p.book.gave(b.VNI) { // what a pass left that died was taken up by a step before this one
			return effect{vni: b.VNI}, nil
		}
		return effect{vni: b.VNI, called: true}, p.giveBack(pl.ctx, b.Interface, b.VNI)
	}
	return effect{vni: b.VNI, called: true}, p.rebind(pl.ctx, b)
}

// rebind writes down a binding that a session tells of, or its new names. Where its beginning lies within the history of the VNI it
// begins now instead.
func (p *pass) rebind(ctx context.Context, b events.Binding) error {
	m, now := p.l.o.Store.Mirror, p.l.o.Now().UTC()
	for range 2 {
		err := m.Bind(ctx, b)
		if err != nil && !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("bind vni %d to %s: %w", b.VNI, b.Interface, err)
		}
		if err == nil {
			have, err := m.BoundAt(ctx, b.VNI, now)
			if err == nil && have.Interface == b.Interface && have.To == nil {
				p.book.add(have)
				return nil
			}
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("read back vni %d of %s: %w", b.VNI, b.Interface, err)
			}
		}
		b.From = now
	}
	return fmt.Errorf("bind vni %d to %s: another interface has it: %w", b.VNI, b.Interface, store.ErrConflict)
}
