package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
)

// maxOffenders is how many offenders a map shows in its middle column.
const maxOffenders = 5

// GetDetectionMap shows who reached the offenders, and whom they reached.
func (s *server) GetDetectionMap(ctx context.Context, q gen.GetDetectionMapRequestObject) (gen.GetDetectionMapResponseObject, error) {
	d, err := s.Store.Detections.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	middle := addresses(d, "offender")
	if len(middle) == 0 {
		middle = addresses(d, "victim")
	}
	m := detectionMap{
		d: &d, parties: byAddress(&d), limit: cmp.Or(q.Params.Limit, defaultLimit), nodes: map[string]*gen.MapNode{},
		middle: middle[:min(len(middle), maxOffenders)],
	}
	m.out.From, m.out.To = mapSpan(d)
	m.out.Complete = len(middle) <= maxOffenders
	m.out.Omitted.Nodes = len(middle) - len(m.middle)
	if err := m.fill(ctx, s); err != nil {
		return nil, err
	}
	return gen.GetDetectionMap200JSONResponse(m.out), nil
}

// mapSpan is the time of a detection's evidence with five minutes to each side, at most seven days.
func mapSpan(d events.Detection) (from, to time.Time) {
	from, to = evidenceSpan(d)
	from, to = from.Add(evidenceSlack-5*time.Minute), to.Add(5*time.Minute-evidenceSlack)
	if to.Sub(from) > longestDetected {
		from = to.Add(-longestDetected)
	}
	return from.UTC(), to.UTC()
}

// detectionMap is a map in the making.
type detectionMap struct {
	d       *events.Detection
	parties map[string]*events.Participant // by address
	limit   int
	middle  []string
	nodes   map[string]*gen.MapNode // by id
	order   []string
	out     gen.ActivityMap
}

func (m *detectionMap) fill(ctx context.Context, s *server) error {
	var into, outOf talks
	err := together(
		func() (err error) {
			into, err = s.talksOf(ctx, m.out.From, m.out.To, anyOf("id.resp_h", m.middle))
			return err
		},
		func() (err error) {
			outOf, err = s.talksOf(ctx, m.out.From, m.out.To, anyOf("id.orig_h", m.middle))
			return err
		},
	)
	if err != nil {
		return err
	}
	for _, a := range m.middle {
		m.node(gen.MapNodeColumnOffender, a)
	}
	m.draw(gen.MapNodeColumnSource, m.withHot(into, true))
	m.draw(gen.MapNodeColumnTarget, m.withHot(outOf, false))
	for _, t := range []talks{into, outOf} {
		if !t.complete {
			m.out.Complete, m.out.Why = false, t.why
		}
		m.omit(max(0, t.distinct-len(t.list)), t.others)
	}
	if n := m.out.Omitted.Nodes; n > 0 {
		m.out.Why = fmt.Sprintf("showing %d hosts; %d more are left out", len(m.order), n)
	}
	return m.label(ctx, s)
}

func (m *detectionMap) omit(pairs, conversations int) {
	if pairs == 0 && conversations == 0 {
		return
	}
	m.out.Complete = false
	m.out.Omitted.Nodes += pairs
	m.out.Omitted.Edges += pairs
	m.out.Omitted.Connections += int64(conversations)
}

// withHot puts what the detection is about first, even where no conversation of it has ended yet and there is none to count.
func (m *detectionMap) withHot(t talks, into bool) []talk {
	list := slices.Clone(t.list)
	victims := parties(*m.d, "victim")
	for _, p := range victims[:min(len(victims), m.limit)] {
		if !p.Address.IsValid() {
			continue // of a call of an AWS API: nobody spoke with it
		}
		v := p.Address.Unmap().WithZone("").String()
		for _, o := range m.middle {
			one := talk{from: o, to: v}
			if began := p.Endpoint == "client"; began {
				one.from, one.to = v, o
			}
			if (one.to == o) != into || v == o || slices.ContainsFunc(list, func(t talk) bool { return t.from == one.from && t.to == one.to }) {
				continue
			}
			list = append(list, one)
		}
	}
	slices.SortStableFunc(list, func(a, b talk) int {
		ha, hb := m.hot(a), m.hot(b)
		if ha != hb {
			return map[bool]int{true: -1, false: 1}[ha]
		}
		return cmp.Compare(b.count, a.count)
	})
	return list
}

func (m *detectionMap) hot(t talk) bool {
	return m.role(t.from) != "" && m.role(t.to) != "" && m.role(t.from) != m.role(t.to)
}

func (m *detectionMap) role(address string) string {
	if p := m.parties[address]; p != nil {
		return p.Role
	}
	return ""
}

// byAddress gives the participants by address; the first of an address counts.
func byAddress(d *events.Detection) map[string]*events.Participant {
	out := make(map[string]*events.Participant, len(d.Participants))
	for i := range d.Participants {
		p := &d.Participants[i]
		if a := p.Address.Unmap().WithZone("").String(); p.Address.IsValid() && out[a] == nil {
			out[a] = p
		}
	}
	return out
}

// draw puts the other ends of talks into a column, up to the limit.
func (m *detectionMap) draw(column gen.MapNodeColumn, all []talk) {
	shown := 0
	for _, t := range all {
		inner, outer := t.from, t.to
		if column == gen.MapNodeColumnSource {
			inner, outer = t.to, t.from
		}
		_, there := m.nodes[nodeID(column, outer)]
		if !there && shown >= m.limit {
			m.omit(1, t.count)
			continue
		}
		if !there {
			shown++
		}
		in, out := m.node(gen.MapNodeColumnOffender, inner), m.node(column, outer)
		in.Connections += int64(t.count)
		out.Connections += int64(t.count)
		e := gen.MapEdge{From: in.Id, To: out.Id, Connections: int64(t.count), BytesSent: t.sent, BytesReceived: t.received, Services: list(t.services), Hot: m.hot(t)}
		if column == gen.MapNodeColumnSource {
			e.From, e.To = out.Id, in.Id
		}
		m.out.Edges = append(m.out.Edges, e)
	}
}

func nodeID(column gen.MapNodeColumn, address string) string { return string(column) + ":" + address }

func (m *detectionMap) node(column gen.MapNodeColumn, address string) *gen.MapNode {
	id := nodeID(column, address)
	if m.nodes[id] == nil {
		m.nodes[id] = &gen.MapNode{Id: id, Label: address, Column: column, Addresses: 1, Role: m.role(address)}
		m.order = append(m.order, id)
	}
	return m.nodes[id]
}

// label names the nodes: as the detection does, or as the device is known.
func (m *detectionMap) label(ctx context.Context, s *server) error {
	var addrs []string
	for _, id := range m.order {
		addrs = append(addrs, m.nodes[id].Label)
	}
	devices, err := s.known(ctx, unique(addrs))
	if err != nil {
		return err
	}
	m.out.Nodes, m.out.Edges = []gen.MapNode{}, list(m.out.Edges)
	for _, id := range m.order {
		n := m.nodes[id]
		address := n.Label
		if d, ok := devices[address]; ok {
			n.Device, n.External, n.Label = d.ID, d.External, called(d, address)
		}
		if p := m.parties[address]; p != nil {
			n.External, n.Device = p.External, cmp.Or(p.Device, n.Device)
			if n.Label == address {
				n.Label = cmp.Or(p.Hostname, address)
			}
		}
		m.out.Nodes = append(m.out.Nodes, *n)
	}
	return nil
}
