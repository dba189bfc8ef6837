package flowjudge

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bounded"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// maxTries is how many pairs, and hosts that try, are remembered: about 3 MB.
const maxTries = 16_384

// triesRest is after how long tries are counted anew: as long as a port scan may rest.
const triesRest = 6 * time.Hour

// who tries, and whom: nobody in particular where resp is none.
type who struct{ orig, resp netip.Addr }

// count is how often somebody tried in vain.
type count struct {
	all, rejected uint64
	last          events.Time
}

// tries counts what was tried in vain, so that what was blocked can be said to have been.
type tries struct{ *bounded.Table[who, count] }

func newTries() tries { return tries{bounded.New[who, count](maxTries)} }

// note counts a flow that began, if it is a try in vain.
func (t tries) note(c *events.Conn, f *flow) {
	if f.vain = f.rejected || c.OrigBytes == 0 || c.IPProto != device.TCP && c.RespPkts == 0; !f.vain {
		return
	}
	for _, one := range [...]*count{t.of(who{c.OrigH, c.RespH}, c.TS), t.of(who{orig: c.OrigH}, c.TS)} {
		one.all++
		if f.rejected {
			one.rejected++
		}
	}
}

// stopped takes note that a flow which one interface let out was rejected at another.
func (t tries) stopped(c *events.Conn, f *flow) {
	if f.rejected || !f.vain {
		return
	}
	f.rejected = true
	t.of(who{c.OrigH, c.RespH}, c.TS).rejected++
	t.of(who{orig: c.OrigH}, c.TS).rejected++
}

func (t tries) of(k who, at events.Time) *count {
	one, _ := t.Put(k)
	if at.Sub(one.last) > triesRest {
		*one = count{}
	}
	one.last = max(one.last, at)
	return one
}

// behind gives what the tries were that a finding rests on: those of its client against its one server, or against all of them.
func (t tries) behind(f *detect.Finding) count {
	k, servers := who{}, 0
	for _, list := range [...][]detect.Party{f.Offenders, f.Victims} {
		for i := range list {
			if list[i].Endpoint == detect.Client {
				k.orig = list[i].Addr
				continue
			}
			k.resp = list[i].Addr
			servers++
		}
	}
	if servers != 1 {
		k.resp = netip.Addr{}
	}
	if one := t.Peek(k); one != nil {
		return *one
	}
	return count{}
}

// sentence says what was blocked; "" where nothing was.
func (c *count) sentence() string {
	switch {
	case c.rejected == 0:
		return ""
	case c.blocked() && c.all == 1:
		return " It was rejected by a security group or network ACL."
	case c.blocked():
		return fmt.Sprintf(" All %d tries were rejected by a security group or network ACL.", c.all)
	}
	return fmt.Sprintf(" Of %d tries %d were rejected by a security group or network ACL.", c.all, c.rejected)
}

// blocked says that nothing got through.
func (c *count) blocked() bool { return c.all > 0 && c.rejected >= c.all }

func (t tries) memory() *detect.Memory[who, count] {
	m := triesMemory()
	for k, one := range t.All {
		kept, _ := m.Put(k)
		*kept = *one
		m.Note(k)
	}
	return m
}

func (t tries) load(key, value []byte) error {
	m := triesMemory()
	if err := m.Load(key, value); err != nil {
		return err
	}
	for k, one := range m.All {
		kept, _ := t.Put(k)
		*kept = *one
	}
	return nil
}

func triesMemory() *detect.Memory[who, count] {
	return detect.NewFilledMemory(maxTries, 't', 1, func(key, value *detect.Form, k *who, c *count) {
		key.Addr(&k.orig)
		key.Addr(&k.resp)
		detect.Number(value, &c.all)
		detect.Number(value, &c.rejected)
		detect.Number(value, &c.last)
	})
}
