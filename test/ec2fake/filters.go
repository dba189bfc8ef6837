package ec2fake

import (
	"context"
	"maps"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/ec2api"
)

func filterKind() kind[ec2api.TrafficMirrorFilter] {
	type filter = ec2api.TrafficMirrorFilter
	return kind[filter]{
		noun: filterNoun(),
		filters: map[string]func(*filter) []string{
			"description":              func(v *filter) []string { return []string{v.Description} },
			"traffic-mirror-filter-id": func(v *filter) []string { return []string{v.ID} },
		},
	}
}

// DescribeTrafficMirrorFilters gives the account's filters; those of others are never seen.
func (h *handle) DescribeTrafficMirrorFilters(ctx context.Context, q ec2api.Query) (ec2api.Page[ec2api.TrafficMirrorFilter], error) {
	return do(ctx, h, request{name: "DescribeTrafficMirrorFilters"}, func() (ec2api.Page[ec2api.TrafficMirrorFilter], error) {
		return describe(h, h.region.filters, filterKind(), key{seenBy, h.account}, q)
	})
}

// CreateTrafficMirrorFilter makes a filter without rules.
func (h *handle) CreateTrafficMirrorFilter(ctx context.Context, in ec2api.CreateTrafficMirrorFilter) (ec2api.TrafficMirrorFilter, error) {
	var made ec2api.TrafficMirrorFilter
	r := request{name: "CreateTrafficMirrorFilter", write: true, dryRun: in.DryRun,
		asked: func() map[string]any {
			return wrapped("CreateTrafficMirrorFilterRequest", map[string]any{"Description": in.Description, "ClientToken": in.ClientToken})
		},
		made: func() map[string]any {
			return wrapped("CreateTrafficMirrorFilterResponse", map[string]any{"trafficMirrorFilter": filterMade(made)})
		}}
	return do(ctx, h, r, func() (ec2api.TrafficMirrorFilter, error) {
		if err := firstError(description(in.Description), checkTags(nil, in.Tags), dry(in.DryRun)); err != nil {
			return made, err
		}
		var err error
		made, err = once(h, r.name, in.ClientToken, in, func() (ec2api.TrafficMirrorFilter, error) { return h.newFilter(in) })
		return made, err
	})
}

func (h *handle) newFilter(in ec2api.CreateTrafficMirrorFilter) (ec2api.TrafficMirrorFilter, error) {
	if limit := h.c.set.FilterQuota; h.region.filters.owned[h.account] >= limit {
		return ec2api.TrafficMirrorFilter{}, refuse(ec2api.CodeFilterLimit, "The limit of %d traffic mirror filters is reached", limit)
	}
	f := ec2api.TrafficMirrorFilter{ID: h.c.newID(filterNoun()), Description: in.Description, Tags: maps.Clone(in.Tags)}
	store(h.c, h.region.filters, f.ID, h.account, &f)
	h.created(f.ID, f.Tags)
	return f, nil
}

// ownFilter says that a filter is not the account's.
func (h *handle) ownFilter(id string) error {
	if f, owner := found(h.c, h.region.filters, id); f == nil || owner != h.account {
		return filterNoun().notFound(id)
	}
	return nil
}

// DeleteTrafficMirrorFilter removes a filter that no session uses, and its rules.
func (h *handle) DeleteTrafficMirrorFilter(ctx context.Context, in ec2api.Delete) error {
	r := request{name: "DeleteTrafficMirrorFilter", write: true, dryRun: in.DryRun,
		asked: deleteAsked("DeleteTrafficMirrorFilterRequest", "TrafficMirrorFilterId", in.ID),
		made:  deleteAsked("DeleteTrafficMirrorFilterResponse", "trafficMirrorFilterId", in.ID)}
	return gone(do(ctx, h, r, func() (struct{}, error) {
		if err := firstError(filterNoun().required(in.ID, "TrafficMirrorFilterId"), dry(in.DryRun)); err != nil {
			return struct{}{}, err
		}
		if err := h.ownFilter(in.ID); err != nil {
			return struct{}{}, err
		}
		if user := h.region.userOf(key{ofFilter, in.ID}); user != "" {
			return struct{}{}, refuse(ec2api.CodeFilterInUse, "The filter '%s' is in use by %s", in.ID, user)
		}
		f, _ := h.region.filters.get(in.ID)
		h.c.touch(h, r.name, in.ID, f.Tags)
		for _, rule := range slices.Concat(f.Ingress, f.Egress) {
			delete(h.region.rules, rule.ID)
		}
		store(h.c, h.region.filters, in.ID, h.account, nil)
		return struct{}{}, nil
	}))
}

// ModifyTrafficMirrorFilterNetworkServices adds and removes services; one that is there already, or not there, is no error.
func (h *handle) ModifyTrafficMirrorFilterNetworkServices(ctx context.Context, in ec2api.ModifyNetworkServices) (ec2api.TrafficMirrorFilter, error) {
	var made ec2api.TrafficMirrorFilter
	r := request{name: "ModifyTrafficMirrorFilterNetworkServices", write: true, dryRun: in.DryRun,
		asked: func() map[string]any {
			return wrapped("ModifyTrafficMirrorFilterNetworkServicesRequest", map[string]any{"TrafficMirrorFilterId": in.Filter, "AddNetworkService": in.Add, "RemoveNetworkService": in.Remove})
		},
		made: func() map[string]any {
			return wrapped("ModifyTrafficMirrorFilterNetworkServicesResponse", map[string]any{"trafficMirrorFilter": filterMade(made)})
		}}
	return do(ctx, h, r, func() (ec2api.TrafficMirrorFilter, error) {
		if err := firstError(filterNoun().required(in.Filter, "TrafficMirrorFilterId"), checkServices(in), dry(in.DryRun)); err != nil {
			return made, err
		}
		if err := h.ownFilter(in.Filter); err != nil {
			return made, err
		}
		old, _ := h.region.filters.get(in.Filter)
		h.c.touch(h, r.name, in.Filter, old.Tags)
		made = *old
		made.NetworkServices = services(old.NetworkServices, in)
		f := made
		store(h.c, h.region.filters, f.ID, h.account, &f)
		return made, nil
	})
}

func checkServices(in ec2api.ModifyNetworkServices) error {
	for _, s := range slices.Concat(in.Add, in.Remove) {
		if s != "amazon-dns" {
			return invalid(s, "NetworkService", "Expecting amazon-dns.")
		}
	}
	if len(in.Add) > 0 && len(in.Remove) > 0 {
		return refuse(ec2api.CodeInvalidParameterConflict, "A network service cannot be added and removed in one request")
	}
	return nil
}

func services(have []string, in ec2api.ModifyNetworkServices) []string {
	out := slices.DeleteFunc(slices.Clone(have), func(s string) bool { return slices.Contains(in.Remove, s) })
	for _, s := range in.Add {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
