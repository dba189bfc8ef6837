package ec2fake

import (
	"net/netip"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// terminatedFor is how long a terminated instance is still described.
const terminatedFor = time.Hour

// StopInstance stops a running instance. Its interfaces stay attached, and their sessions billed.
func (c *Cloud) StopInstance(id string) error {
	return c.power(id, []string{"running", "pending"}, "stopping", "stopped")
}

// StartInstance starts a stopped instance.
func (c *Cloud) StartInstance(id string) error {
	return c.power(id, []string{"stopped"}, "pending", "running")
}

// SetState puts an instance into a state: pending, running, stopping, stopped, shutting-down.
func (c *Cloud) SetState(id, state string) error {
	return c.power(id, []string{"pending", "running", "stopping", "stopped", "shutting-down"}, state)
}

// power takes an instance through states, if it is in one of those that allow it.
func (c *Cloud) power(id string, from []string, states ...string) error {
	return c.world(func() error {
		r, i, err := find(c, instancesOf, id, instanceNoun())
		if err != nil {
			return err
		}
		if !slices.Contains(from, i.State) {
			return refuse("IncorrectInstanceState", "The instance '%s' is in the state '%s'", id, i.State)
		}
		h, next := c.customer(r.instances.rows[id].owner, r), *i
		for _, next.State = range states {
			h.putInstance(next)
			h.stateChanged(id, next.State)
		}
		return nil
	})
}

// ChangeType changes the type of a stopped instance. Sessions stay, also where the new type cannot be mirrored.
func (c *Cloud) ChangeType(id, instanceType string) error {
	return c.world(func() error {
		r, i, err := find(c, instancesOf, id, instanceNoun())
		if err != nil {
			return err
		}
		if i.State != "stopped" {
			return refuse("IncorrectInstanceState", "The instance '%s' is in the state '%s', not 'stopped'", id, i.State)
		}
		h, next := c.customer(r.instances.rows[id].owner, r), *i
		next.Type = instanceType
		h.putInstance(next)
		h.trail(request{name: "ModifyInstanceAttribute", write: true, asked: func() map[string]any {
			return map[string]any{"instanceId": id, "instanceType": map[string]any{"value": instanceType}}
		}, made: func() map[string]any { return map[string]any{"_return": true} }}, nil)
		return nil
	})
}

// KeepInterface has an interface outlive its instance.
func (c *Cloud) KeepInterface(id string) error {
	return c.world(func() error {
		r, _, err := find(c, interfacesOf, id, interfaceNoun())
		if err != nil {
			return err
		}
		f := r.facts[id]
		f.keep = true
		r.facts[id] = f
		return nil
	})
}

// TerminateInstance ends an instance. Its interfaces are deleted with their sessions; those that outlive it are detached.
func (c *Cloud) TerminateInstance(id string) error {
	return c.world(func() error {
		r, i, err := find(c, instancesOf, id, instanceNoun())
		if err != nil {
			return err
		}
		if i.State == "terminated" {
			return nil
		}
		c.customer(r.instances.rows[id].owner, r).terminate(*i)
		return nil
	})
}

func (h *handle) terminate(i ec2api.Instance) {
	for _, eni := range i.Interfaces {
		v, _ := h.region.interfaces.get(eni)
		if h.region.facts[eni].keep {
			h.detach(*v)
		} else {
			h.dropInterface(v)
		}
	}
	i.Interfaces, i.Private, i.Public = nil, netip.Addr{}, netip.Addr{}
	i.State = "shutting-down"
	h.stateChanged(i.ID, i.State)
	i.State = "terminated"
	h.putInstance(i)
	h.trail(request{name: "TerminateInstances", write: true, asked: func() map[string]any {
		return map[string]any{"instancesSet": items("instanceId", i.ID)}
	}, made: func() map[string]any {
		return map[string]any{"instancesSet": map[string]any{"items": []any{map[string]any{
			"instanceId": i.ID, "currentState": map[string]any{"code": 32, "name": "shutting-down"},
		}}}}
	}}, nil)
	h.stateChanged(i.ID, i.State)
	if group := h.leaveGroup(i); group != "" {
		h.scaled(group, i.ID, "Terminate")
	}
	h.c.ended = append(h.c.ended, ending{h.region, i.ID, h.account, h.c.now()})
}

// ending is an instance that is terminated and still described.
type ending struct {
	region *region
	id     string
	owner  string
	at     time.Time
}

// reap forgets the instances that were terminated an hour ago.
func (c *Cloud) reap() {
	for len(c.ended) > 0 && c.now().Sub(c.ended[0].at) >= terminatedFor {
		e := c.ended[0]
		c.ended = c.ended[1:]
		store(c, e.region.instances, e.id, e.owner, nil)
	}
}
