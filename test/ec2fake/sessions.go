package ec2fake

import (
	"context"
	"maps"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

// sessionKeys: a session is seen by its owner and by the owner of its target.
func (r *region) sessionKeys(owner string, v *ec2api.TrafficMirrorSession, keys []key) []key {
	keys = append(keys, key{seenBy, owner}, key{ofSource, v.NetworkInterface}, key{ofTarget, v.Target}, key{ofFilter, v.Filter},
		key{ofNetwork, strconv.Itoa(int(v.VirtualNetworkID))})
	if t := r.targets.rows[v.Target]; t != nil && t.owner != owner {
		keys = append(keys, key{seenBy, t.owner})
	}
	return keys
}

func sessionKind(account string) kind[ec2api.TrafficMirrorSession] {
	type session = ec2api.TrafficMirrorSession
	return kind[session]{
		noun: sessionNoun(),
		filters: map[string]func(*session) []string{
			"description":               func(v *session) []string { return []string{v.Description} },
			"network-interface-id":      func(v *session) []string { return []string{v.NetworkInterface} },
			"owner-id":                  func(v *session) []string { return []string{v.Owner} },
			"packet-length":             func(v *session) []string { return []string{strconv.Itoa(int(v.PacketLength))} },
			"session-number":            func(v *session) []string { return []string{strconv.Itoa(int(v.SessionNumber))} },
			"traffic-mirror-filter-id":  func(v *session) []string { return []string{v.Filter} },
			"traffic-mirror-session-id": func(v *session) []string { return []string{v.ID} },
			"traffic-mirror-target-id":  func(v *session) []string { return []string{v.Target} },
			"virtual-network-id":        func(v *session) []string { return []string{strconv.Itoa(int(v.VirtualNetworkID))} },
		},
		narrow: map[string]byte{"traffic-mirror-session-id": ofID, "network-interface-id": ofSource, "traffic-mirror-target-id": ofTarget,
			"traffic-mirror-filter-id": ofFilter, "virtual-network-id": ofNetwork},
		mask: func(r *row[session], out *session) {
			if r.owner != account {
				out.Tags = nil // tags are seen by the account that set them only
			}
		},
	}
}

// DescribeTrafficMirrorSessions gives the account's sessions and, of other accounts, those that use its targets.
func (h *handle) DescribeTrafficMirrorSessions(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.TrafficMirrorSession], error) {
	return do(ctx, h, request{name: "DescribeTrafficMirrorSessions"}, func() (ec2api.Page[ec2api.TrafficMirrorSession], error) {
		return describe(h, h.region.sessions, sessionKind(h.account), key{seenBy, h.account}, q)
	})
}

// CreateTrafficMirrorSession makes a session.
func (h *handle) CreateTrafficMirrorSession(ctx context.Context, in ec2api.CreateTrafficMirrorSession) (ec2api.TrafficMirrorSession, error) {
	var made ec2api.TrafficMirrorSession
	r := request{name: "CreateTrafficMirrorSession", write: true, dryRun: in.DryRun,
		asked: func() map[string]any { return wrapped("CreateTrafficMirrorSessionRequest", sessionAsked(in)) },
		made:  func() map[string]any { return wrapped("CreateTrafficMirrorSessionResponse", sessionMade(made)) }}
	return do(ctx, h, r, func() (ec2api.TrafficMirrorSession, error) {
		if err := firstError(checkSession(in), dry(in.DryRun)); err != nil {
			return made, err
		}
		var err error
		made, err = once(h, r.name, in.ClientToken, in, func() (ec2api.TrafficMirrorSession, error) { return h.newSession(in) })
		return made, err
	})
}

// checkSession refuses what is wrong whatever there is.
func checkSession(in ec2api.CreateTrafficMirrorSession) error {
	if in.SessionNumber == 0 {
		return firstError(interfaceNoun().required(in.NetworkInterface, "NetworkInterfaceId"), missing("SessionNumber"))
	}
	return firstError(
		interfaceNoun().required(in.NetworkInterface, "NetworkInterfaceId"),
		targetNoun().required(in.Target, "TrafficMirrorTargetId"),
		filterNoun().required(in.Filter, "TrafficMirrorFilterId"),
		number(int64(in.SessionNumber), "SessionNumber", minNumber, maxNumber),
		number(int64(in.VirtualNetworkID), "VirtualNetworkId", 0, maxVNI), // 0 is none asked for
		number(int64(in.PacketLength), "PacketLength", 0, maxPacket),      // likewise
		description(in.Description),
		checkTags(nil, in.Tags),
	)
}

// The ranges of a session and of a rule.
const (
	minNumber, maxNumber = 1, 32766
	maxVNI               = 16_777_215
	maxPacket            = 8500
)

func (h *handle) newSession(in ec2api.CreateTrafficMirrorSession) (ec2api.TrafficMirrorSession, error) {
	if err := h.mayMirror(in); err != nil {
		return ec2api.TrafficMirrorSession{}, err
	}
	s := ec2api.TrafficMirrorSession{
		ID: h.c.newID(sessionNoun()), Owner: h.account, NetworkInterface: in.NetworkInterface, Target: in.Target, Filter: in.Filter,
		SessionNumber: in.SessionNumber, VirtualNetworkID: in.VirtualNetworkID, PacketLength: in.PacketLength,
		Description: in.Description, Tags: maps.Clone(in.Tags),
	}
	if s.VirtualNetworkID == 0 {
		s.VirtualNetworkID = h.freeVNI()
	}
	h.c.putSession(h.region, s)
	h.c.watchQuota(h.region, &s)
	h.created(s.ID, s.Tags)
	return s, nil
}

// freeVNI draws a number that no session of the account uses; those of other accounts may.
func (h *handle) freeVNI() uint32 {
	for {
		vni, used := 1+h.c.names.Uint32N(maxVNI), false
		h.region.sessions.each(key{ofNetwork, strconv.Itoa(int(vni))}, func(r *row[ec2api.TrafficMirrorSession], _ *ec2api.TrafficMirrorSession) {
			used = used || r.owner == h.account
		})
		if !used {
			return vni
		}
	}
}

func (c *Cloud) putSession(r *region, s ec2api.TrafficMirrorSession) {
	store(c, r.sessions, s.ID, s.Owner, &s)
	c.watchSession(r, &s)
}

// ownSession gives a session that the account may change. A session of another account that is seen because it uses the account's
// target may not be; which code AWS gives for that is not documented.
func (h *handle) ownSession(id string) (*ec2api.TrafficMirrorSession, error) {
	s, owner := found(h.c, h.region.sessions, id)
	switch {
	case s != nil && owner == h.account:
		return s, nil
	case s != nil && h.ownsTarget(s.Target):
		return nil, refuse(ec2api.CodeOperationNotPermitted, "The session '%s' belongs to another account", id)
	}
	return nil, sessionNoun().notFound(id)
}

// ModifyTrafficMirrorSession changes a session in place.
func (h *handle) ModifyTrafficMirrorSession(ctx context.Context, in ec2api.ModifyTrafficMirrorSession) (ec2api.TrafficMirrorSession, error) {
	var made ec2api.TrafficMirrorSession
	r := request{name: "ModifyTrafficMirrorSession", write: true, dryRun: in.DryRun,
		asked: func() map[string]any { return wrapped("ModifyTrafficMirrorSessionRequest", sessionChange(in)) },
		made:  func() map[string]any { return wrapped("ModifyTrafficMirrorSessionResponse", sessionMade(made)) }}
	return do(ctx, h, r, func() (ec2api.TrafficMirrorSession, error) {
		if err := firstError(checkChange(in), dry(in.DryRun)); err != nil {
			return made, err
		}
		old, err := h.ownSession(in.ID)
		if err != nil {
			return made, err
		}
		s := changed(*old, in)
		if err := h.mayChange(*old, s); err != nil {
			return made, err
		}
		h.c.touch(h, r.name, s.ID, old.Tags)
		h.c.putSession(h.region, s)
		made = s
		return s, nil
	})
}

func checkChange(in ec2api.ModifyTrafficMirrorSession) error {
	errs := []error{sessionNoun().required(in.ID, "TrafficMirrorSessionId")}
	if in.Target != nil {
		errs = append(errs, targetNoun().required(*in.Target, "TrafficMirrorTargetId"))
	}
	if in.Filter != nil {
		errs = append(errs, filterNoun().required(*in.Filter, "TrafficMirrorFilterId"))
	}
	if in.SessionNumber != nil {
		errs = append(errs, number(int64(*in.SessionNumber), "SessionNumber", minNumber, maxNumber))
	}
	if in.VirtualNetworkID != nil {
		errs = append(errs, number(int64(*in.VirtualNetworkID), "VirtualNetworkId", 1, maxVNI))
	}
	if in.PacketLength != nil {
		errs = append(errs, number(int64(*in.PacketLength), "PacketLength", 0, maxPacket)) // 0 removes the field
	}
	if in.Description != nil {
		errs = append(errs, description(*in.Description))
	}
	return firstError(errs...)
}

func changed(s ec2api.TrafficMirrorSession, in ec2api.ModifyTrafficMirrorSession) ec2api.TrafficMirrorSession {
	set(&s.Target, in.Target)
	set(&s.Filter, in.Filter)
	set(&s.SessionNumber, in.SessionNumber)
	set(&s.VirtualNetworkID, in.VirtualNetworkID)
	set(&s.PacketLength, in.PacketLength)
	set(&s.Description, in.Description)
	return s
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// DeleteTrafficMirrorSession ends a session, and its bill.
func (h *handle) DeleteTrafficMirrorSession(ctx context.Context, in ec2api.Delete) error {
	r := request{name: "DeleteTrafficMirrorSession", write: true, dryRun: in.DryRun,
		asked: deleteAsked("DeleteTrafficMirrorSessionRequest", "TrafficMirrorSessionId", in.ID),
		made:  deleteAsked("DeleteTrafficMirrorSessionResponse", "trafficMirrorSessionId", in.ID)}
	return gone(do(ctx, h, r, func() (struct{}, error) {
		if err := firstError(sessionNoun().required(in.ID, "TrafficMirrorSessionId"), dry(in.DryRun)); err != nil {
			return struct{}{}, err
		}
		s, err := h.ownSession(in.ID)
		if err != nil {
			return struct{}{}, err
		}
		h.c.touch(h, r.name, in.ID, s.Tags)
		h.c.dropSession(h.region, s)
		return struct{}{}, nil
	}))
}

func (c *Cloud) dropSession(r *region, s *ec2api.TrafficMirrorSession) {
	store(c, r.sessions, s.ID, s.Owner, nil)
}

// gone drops the result of a call that gives none.
func gone(_ struct{}, err error) error { return err }
