package intel

import (
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
	indicators "github.com/mirrorwatch/mirrorwatch/shared/intel"
)

// mostTerm is what an indicator of full confidence adds to the risk of what another detector found.
const mostTerm = 20

// Bounds of what of a finding is held against the index.
const (
	maxParties = 64
	maxTexts   = 16 // of one property
)

// Terms gives what lists say of a finding of another detector: of who takes part, under which names, and of what its evidence names. The
// best of what is listed speaks. It is what detect.Options wants as Terms.
func Terms(feed *indicators.Feed) func(f *detect.Finding, v device.View) []events.Term {
	return func(f *detect.Finding, v device.View) []events.Term {
		x := feed.Index()
		if x.Len() == 0 || f.Properties["indicator_kind"] != nil {
			return nil
		}
		b := best{x: x, at: second(f.End)}
		for _, list := range [2][]detect.Party{f.Offenders, f.Victims} {
			for _, p := range list[:min(len(list), maxParties)] {
				b.address(p.Addr)
				b.domain(v.Hostname(p.Addr))
			}
		}
		for _, key := range slices.Sorted(maps.Keys(f.Properties)) {
			switch value := f.Properties[key].(type) {
			case string:
				b.text(value)
			case []string:
				for _, s := range value[:min(len(value), maxTexts)] {
					b.text(s)
				}
			}
		}
		if b.points == 0 {
			return nil
		}
		return []events.Term{{Name: "threat_intelligence", Points: b.points, Reason: b.reason()}}
	}
}

// best is the strongest indicator so far.
type best struct {
	x      *indicators.Index
	at     int64
	points int
	in     indicators.Indicator
}

func (b *best) take(r indicators.Ref, ok bool) {
	if !ok {
		return
	}
	in := b.x.At(b.x.Best(r, b.at))
	points := mostTerm * float64(in.Confidence) / 100
	if in.Until != 0 && b.at > in.Until || age(&in, b.at) >= MatchDefaults().Old.Hours()/24 {
		points /= 4
	}
	if n := max(int(math.Round(points)), 1); n > b.points {
		b.points, b.in = n, in
	}
}

func (b *best) address(a netip.Addr) { b.take(b.x.Address(a)) }

func (b *best) domain(name string) { b.take(b.x.Domain(name)) }

// text takes whatever a property holds, whole: an address, a name or a fingerprint.
func (b *best) text(s string) {
	if len(s) < 3 || len(s) > 253 {
		return
	}
	if a, err := netip.ParseAddr(s); err == nil {
		b.address(a)
		return
	}
	b.domain(s)
	switch len(s) {
	case 32:
		b.take(b.x.Text(indicators.JA3, s))
	case 36:
		b.take(b.x.Text(indicators.JA4, s))
	case 64:
		b.take(b.x.Text(indicators.CertSHA256, s))
	}
}

func (b *best) reason() string {
	text := fmt.Sprintf("%s is listed by %s with confidence %d", b.in.Value, b.in.Source, b.in.Confidence)
	switch {
	case b.in.Until != 0 && b.at > b.in.Until:
		return text + ", until " + date(b.in.Until)
	case b.in.From != 0:
		return text + fmt.Sprintf(", since %s (%.0f days)", date(b.in.From), age(&b.in, b.at))
	}
	return text
}
