package judgesim

import (
	"hash/fnv"
	"os"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// played is a whole run: what it was, in short.
type played struct {
	sum     uint64
	records int
	kinds   map[events.Kind]int
	back    int // records that came before an earlier one
	truth   []*Deviation
	site    *Site
}

func play(o Options) played {
	p := played{kinds: map[events.Kind]int{}, site: New(o)}
	h := fnv.New64a()
	var line []byte
	var last events.Time
	p.site.Play(func(at events.Time, r events.Record) {
		if at < last {
			p.back++
		}
		last = at
		p.records++
		p.kinds[r.Kind()]++
		line = r.AppendJSON(line[:0])
		h.Write(line)
	})
	p.sum, p.truth = h.Sum64(), p.site.Truth()
	return p
}

func TestLook(t *testing.T) {
	if os.Getenv("LOOK") == "" {
		t.Skip()
	}
	began := time.Now()
	p := play(Options{Seed: 1})
	t.Log(p.records, p.kinds, p.back, time.Since(began), len(p.site.hosts))
	for _, v := range p.truth {
		t.Logf("%-16s %-12s day %2d %s visible +%s  largest %.0f sum %.0f others %d", v.Kind, v.Host, p.site.Day(v.Begins), v.Begins.Time().Format("Mon 15:04"), v.Visible.Sub(v.Begins).Round(time.Minute), v.largest, v.sum, len(v.Others))
	}
	for _, c := range p.site.Changes() {
		t.Log(c)
	}
}
