package recon

import "github.com/mirrorwatch/mirrorwatch/shared/detect"

// What follows is how the tables of this package are kept over a restart: the fields of their entries, in order. Whoever changes a list
// raises the version of its memory.

func scannedPairFields(key, value *detect.Form, k *uint64, p *scannedPair) {
	detect.Number(key, k)
	value.Distinct(&p.fixed)
	value.Distinct(&p.ephemeral)
	detect.Number(value, &p.crafted)
	value.Bool(&p.mixed)
	detect.Number(value, &p.start)
	detect.Number(value, &p.last)
	value.Ladder(&p.ladder)
	for i := range p.kinds {
		value.Bool(&p.kinds[i])
	}
	value.UIDs(&p.uids)
	value.Head(&p.head)
	detect.Number(value, &p.told)
}

func scannerFields(key, value *detect.Form, k *uint32, s *scanner) {
	detect.Number(key, k)
	detect.Many(value, &s.victims, maxScanVictims, (*detect.Form).Addr)
}

func sweepFields(key, value *detect.Form, q *question, s *sweep) {
	detect.Number(key, &q.offender)
	detect.Number(key, &q.proto)
	detect.Number(key, &q.port)
	value.Distinct(&s.silent)
	value.Distinct(&s.answered)
	value.Distinct(&s.nets)
	value.Distinct(&s.local)
	detect.Number(value, &s.start)
	detect.Number(value, &s.last)
	value.Ladder(&s.ladder)
	detect.Many(value, &s.victims, maxScanVictims, (*detect.Form).Addr)
	value.UIDs(&s.uids)
	value.Head(&s.head)
	value.Text(&s.proto, 8)
	detect.Number(value, &s.told)
}
