package api

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// GetActivityMap shows who spoke with whom in a scope.
func (s *server) GetActivityMap(ctx context.Context, q gen.GetActivityMapRequestObject) (gen.GetActivityMapResponseObject, error) {
	p := q.Params
	if err := span(p.From, p.To, longestSpan); err != nil {
		return nil, err
	}
	if p.Group == gen.GetActivityMapParamsGroupTag && p.Tag == "" {
		return nil, invalidField("tag", "", "given: the key of the tag to group by")
	}
	scope, err := s.scope(ctx, p)
	if err != nil {
		return nil, err
	}
	out := gen.ActivityMap{From: p.From, To: p.To, Complete: true, Nodes: []gen.MapNode{}, Edges: []gen.MapEdge{}}
	if scope == nil {
		out.Why = "nothing in this scope was ever heard"
		return gen.GetActivityMap200JSONResponse(out), nil
	}
	t, err := s.talksOf(ctx, p.From, p.To, scope)
	if err != nil {
		return nil, err
	}
	g, err := s.grouping(ctx, p, t)
	if err != nil {
		return nil, err
	}
	m := siteMap{out: &out, grouping: g, nodes: map[string]*gen.MapNode{}, members: map[string]map[string]bool{}, edges: map[[2]string]*gen.MapEdge{}}
	m.draw(t, cmp.Or(p.Limit, defaultLimit))
	return gen.GetActivityMap200JSONResponse(out), nil
}

// scope makes a query of what the map is of; nil where there can be nothing. Exactly one of the parameters must be given.
func (s *server) scope(ctx context.Context, p gen.GetActivityMapParams) (query.Node, error) {
	given := 0
	for _, has := range []bool{p.Address != "", p.Device != "", p.Vpc != "", p.Vni != 0} {
		if has {
			given++
		}
	}
	if given != 1 {
		return nil, invalidField("address", p.Address, "the scope: give exactly one of address, device, vpc and vni")
	}
	out, err := networksOf("exclude", p.Exclude)
	if err != nil {
		return nil, err
	}
	inside, err := s.inside(ctx, p)
	if err != nil || inside == nil {
		return nil, err
	}
	parts := []query.Node{inside}
	for _, n := range out {
		parts = append(parts, query.Not{Part: is("addr", n.String())})
	}
	return allOf(parts...), nil
}

func (s *server) inside(ctx context.Context, p gen.GetActivityMapParams) (query.Node, error) {
	switch {
	case p.Vni != 0:
		return is("vni", strconv.FormatUint(uint64(p.Vni), 10)), nil
	case p.Vpc != "":
		return s.insideVPC(ctx, p.Vpc)
	}
	text, field := p.Address, "address"
	if p.Device != "" {
		d, err := s.Store.Devices.Get(ctx, p.Device)
		if err != nil {
			return nil, err
		}
		text, field = d.Address.Unmap().String(), "device"
	}
	n, ok := store.Network(text)
	if !ok {
		return nil, invalidField(field, text, "an address, or a network in CIDR form")
	}
	return query.Or{Parts: []query.Node{is("id.orig_h", n.String()), is("id.resp_h", n.String())}}, nil
}

// insideVPC means what was heard at the observation points of a VPC, or of the addresses of its devices where those are not known.
func (s *server) insideVPC(ctx context.Context, vpc string) (query.Node, error) {
	page, err := s.Store.Mirror.Coverage(ctx, store.CoverageQuery{VPC: vpc, Limit: store.MaxPage})
	if err != nil {
		return nil, err
	}
	var vnis []string
	for i := range page.Items {
		if v := page.Items[i].VNI; v != 0 {
			vnis = append(vnis, strconv.FormatUint(uint64(v), 10))
		}
	}
	if n := anyOf("vni", unique(vnis)); n != nil {
		return n, nil
	}
	devices, err := s.Store.Devices.Search(ctx, store.DeviceQuery{VPC: vpc, Limit: mostTests})
	if err != nil {
		return nil, err
	}
	var addrs []string
	for i := range devices.Items {
		addrs = append(addrs, devices.Items[i].Address.Unmap().String())
	}
	return anyOf("addr", unique(addrs)), nil
}

// grouping says to which node an address belongs.
type grouping struct {
	by      gen.GetActivityMapParamsGroup
	tag     string
	devices map[string]events.Device
	subnets map[string]string // by interface
}

func (s *server) grouping(ctx context.Context, p gen.GetActivityMapParams, t talks) (grouping, error) {
	var addrs []string
	for _, one := range t.list {
		addrs = append(addrs, one.from, one.to)
	}
	devices, err := s.known(ctx, unique(addrs))
	g := grouping{by: cmp.Or(p.Group, gen.GetActivityMapParamsGroupDevice), tag: p.Tag, devices: devices, subnets: map[string]string{}}
	if err != nil || g.by != gen.GetActivityMapParamsGroupSubnet {
		return g, err
	}
	for q := (store.CoverageQuery{Limit: store.MaxPage}); ; {
		page, err := s.Store.Mirror.Coverage(ctx, q)
		if err != nil {
			return g, err
		}
		for i := range page.Items {
			g.subnets[page.Items[i].Interface] = page.Items[i].Subnet
		}
		if q.Cursor = page.Next; q.Cursor == "" || len(g.subnets) >= maxInterfaces {
			return g, nil
		}
	}
}

// of gives the id and the label of an address's node, and its device where the node is one.
func (g *grouping) of(address string) (id, label string, d events.Device) {
	d, known := g.devices[address]
	if g.by == gen.GetActivityMapParamsGroupDevice {
		if !known {
			return address, address, d
		}
		return d.ID, called(d, address), d
	}
	if !known || d.External {
		return "external", "outside", events.Device{External: true}
	}
	key := ""
	switch g.by {
	case gen.GetActivityMapParamsGroupVpc:
		key = d.VPC
	case gen.GetActivityMapParamsGroupSubnet:
		key = cmp.Or(g.subnets[d.Interface], neighbourhood(d.Address))
	case gen.GetActivityMapParamsGroupRole:
		key = cmp.Or(d.Overrides.Role, d.Role)
	case gen.GetActivityMapParamsGroupTag:
		key = d.Tags[g.tag]
	}
	if key == "" {
		return string(g.by) + ":", "no " + string(g.by), events.Device{}
	}
	return string(g.by) + ":" + key, key, events.Device{}
}

// neighbourhood stands for a subnet where no inventory names it.
func neighbourhood(a netip.Addr) string {
	bits := 24
	if a = a.Unmap(); a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

// siteMap is a map in the making.
type siteMap struct {
	out *gen.ActivityMap
	grouping
	nodes   map[string]*gen.MapNode
	members map[string]map[string]bool
	edges   map[[2]string]*gen.MapEdge
}

func (m *siteMap) draw(t talks, limit int) {
	for i := range t.list {
		m.add(&t.list[i])
	}
	var order []*gen.MapNode
	for _, n := range m.nodes {
		n.Addresses = len(m.members[n.Id])
		order = append(order, n)
	}
	slices.SortFunc(order, func(a, b *gen.MapNode) int {
		return cmp.Or(cmp.Compare(b.Connections, a.Connections), cmp.Compare(a.Id, b.Id))
	})
	shown := map[string]bool{}
	for _, n := range order[:min(len(order), limit)] {
		shown[n.Id] = true
		m.out.Nodes = append(m.out.Nodes, *n)
	}
	m.keep(shown)
	m.out.Omitted.Nodes = len(order) - len(shown)
	m.out.Omitted.Edges += max(0, t.distinct-len(t.list))
	m.out.Omitted.Connections += int64(t.others)
	switch {
	case !t.complete:
		m.out.Complete, m.out.Why = false, t.why
	case m.out.Omitted.Nodes > 0:
		m.out.Complete, m.out.Why = false, fmt.Sprintf("showing %d of %d nodes", len(shown), len(order))
	case m.out.Omitted.Connections > 0:
		m.out.Complete, m.out.Why = false, fmt.Sprintf("showing the busiest %d of %d pairs", len(t.list), t.distinct)
	}
}

func (m *siteMap) add(t *talk) {
	from, to := m.node(t.from), m.node(t.to)
	from.Connections += int64(t.count)
	if to != from {
		to.Connections += int64(t.count)
	}
	key := [2]string{from.Id, to.Id}
	e := m.edges[key]
	if e == nil {
		e = &gen.MapEdge{From: from.Id, To: to.Id, Services: []string{}}
		m.edges[key] = e
	}
	e.Connections, e.BytesSent, e.BytesReceived = e.Connections+int64(t.count), e.BytesSent+t.sent, e.BytesReceived+t.received
	e.Services = merged(e.Services, t.services)
}

func (m *siteMap) node(address string) *gen.MapNode {
	id, label, d := m.of(address)
	n := m.nodes[id]
	if n == nil {
		n = &gen.MapNode{Id: id, Label: label, Device: d.ID, External: d.External}
		m.nodes[id], m.members[id] = n, map[string]bool{}
	}
	m.members[id][address] = true
	return n
}

// keep draws the edges between nodes that are shown, busiest first, and counts the others.
func (m *siteMap) keep(shown map[string]bool) {
	for _, e := range m.edges {
		if shown[e.From] && shown[e.To] {
			m.out.Edges = append(m.out.Edges, *e)
			continue
		}
		m.out.Omitted.Edges++
		m.out.Omitted.Connections += e.Connections
	}
	slices.SortFunc(m.out.Edges, func(a, b gen.MapEdge) int {
		return cmp.Or(cmp.Compare(b.Connections, a.Connections), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
}
