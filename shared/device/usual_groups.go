package device

import (
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/shared/baseline"
)

// PeerGroups keeps what is usual of peer groups over a restart (detect.Keeper): a group and metric a key.
type PeerGroups struct{ m *Model }

// PeerGroups gives the keeper of what is usual of peer groups.
func (m *Model) PeerGroups() PeerGroups { return PeerGroups{m} }

// Save hands over the groups that learned something.
func (p PeerGroups) Save(put func(key, value []byte)) {
	var buf []byte
	for _, name := range p.m.groups.names {
		g := p.m.groups.list[name]
		if !g.changed {
			continue
		}
		g.changed = false
		for i, metric := range g.metrics {
			if metric != nil {
				buf = metric.AppendBinary(append(buf[:0], habitsVersion))
				put(append([]byte{byte(i)}, name...), buf)
			}
		}
	}
}

// Load takes back a metric of a group.
func (p PeerGroups) Load(key, value []byte) error {
	if len(key) < 2 || int(key[0]) >= NumMetrics || len(value) < 1 || value[0] != habitsVersion {
		return fmt.Errorf("read what is usual of group %q: not of version %d", key, habitsVersion)
	}
	group, err := p.m.groups.tools.DecodeGroup(value[1:])
	if err != nil {
		return fmt.Errorf("read what is usual of group %q: %w", key[1:], err)
	}
	p.m.loadGroup(string(key[1:]), int(key[0]), group)
	return nil
}

func (m *Model) loadGroup(name string, metric int, group *baseline.Group) {
	g := m.groups.list[name]
	if g == nil {
		if len(m.groups.list) > maxGroups {
			return
		}
		g = m.addGroup(name)
	}
	g.metrics[metric] = group
}
