package exfil

import "github.com/mirrorwatch/mirrorwatch/shared/detect"

// maxUID is longer than any uid of a conversation.
const maxUID = 64

// volumeFields is how what went out is kept over a restart. Whoever changes it raises the version of the memory.
func volumeFields(key, value *detect.Form, k *uint64, p *volume) {
	detect.Number(key, k)
	detect.Number(value, &p.out)
	detect.Number(value, &p.in)
	detect.Number(value, &p.conns)
	detect.Many(value, &p.open, maxOpen, func(f *detect.Form, c *counted) {
		f.Text(&c.uid, maxUID)
		detect.Number(f, &c.out)
		detect.Number(f, &c.in)
	})
	detect.Number(value, &p.start)
	detect.Number(value, &p.last)
	value.Ladder(&p.ladder)
	value.UIDs(&p.uids)
}
