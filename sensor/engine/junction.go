package engine

import (
	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
)

// junction is where the records of all conversations come by in order, and where those that belong together are joined. It belongs to
// who passes on the rounds, so that messages which several workers saw make the record that one worker's would.
type junction struct {
	outlet  Outlet
	joiners []analyzer.Joiner
	encode  bool
	line    []byte // JSON of the joined record at hand
	records uint64 // passed on, of all kinds
}

func newJunction(cfg Config, outlet Outlet) junction {
	j := junction{outlet: outlet, encode: cfg.Encode}
	for i := range cfg.Analyzers {
		if join := cfg.Analyzers[i].Join; join != nil {
			j.joiners = append(j.joiners, join())
		}
	}
	return j
}

// record passes on one record, unless a joiner keeps it.
func (j *junction) record(r events.Record, line []byte) {
	for _, joiner := range j.joiners {
		whole, mine := joiner.Take(r)
		j.pass(whole)
		if mine {
			return
		}
	}
	j.records++
	j.outlet.Record(r, line)
}

// pass passes on records that were joined; what the workers wrote of their parts is of no use.
func (j *junction) pass(whole []events.Record) {
	for _, r := range whole {
		j.line = j.line[:0]
		if j.encode {
			j.line = r.AppendJSON(j.line)
		}
		j.records++
		j.outlet.Record(r, j.line)
	}
}

// turn ends a round: what time, or the end of the input, has made whole is passed on.
func (j *junction) turn(now int64, last bool) {
	for _, joiner := range j.joiners {
		if last {
			j.pass(joiner.Close())
		} else {
			j.pass(joiner.Expire(events.Time(now)))
		}
	}
}

// overflow counts the records that a joiner's limit kept from being whole.
func (j *junction) overflow() (n uint64) {
	for _, joiner := range j.joiners {
		n += joiner.Overflow()
	}
	return n
}
