package device

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// since gives what a conversation carried since it was reported last, and whether this is the first that is heard of it.
func (m *Model) since(c *events.Conn) (fresh volume, first bool) {
	all := volume{c.OrigIPBytes, c.RespIPBytes, c.OrigPkts, c.RespPkts}
	uid := sketch.String(c.UID)
	var before volume
	known := m.reported.Peek(uid)
	if known != nil {
		before = *known
	}
	switch {
	case c.Interim:
		kept, _ := m.reported.Put(uid)
		*kept = all
	case known != nil:
		m.reported.Delete(uid)
	}
	return volume{less(all.out, before.out), less(all.in, before.in), less(all.outPkts, before.outPkts), less(all.inPkts, before.inPkts)}, known == nil
}
