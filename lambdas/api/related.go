package api

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/lambdas/api/gen"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// How related detections are looked for, and what each reason is worth.
const (
	relatedSpan  = 7 * 24 * time.Hour
	relatedLook  = 300 // detections looked at
	relatedNames = 50  // devices of one that are searched for
	pointsChain  = 45
	pointsSide   = 30
	pointsSame   = 35
	pointsVictim = 20
	pointsMethod = 20
	halfDistance = 24 * time.Hour // after it a reason is worth half
	defaultLimit = 50
	maxReason    = 512
)

// ListRelated gives detections that have to do with one, and why.
func (s *server) ListRelated(ctx context.Context, q gen.ListRelatedRequestObject) (gen.ListRelatedResponseObject, error) {
	d, err := s.Store.Detections.Get(ctx, q.Id)
	if err != nil {
		return nil, err
	}
	f := store.DetectionFilter{
		From: ptr(d.Start.Add(-relatedSpan)), To: ptr(d.Start.Add(relatedSpan)), Participant: sameParties(d), Hidden: hiddenOf(string(q.Params.Hidden)),
	}
	out := gen.ListRelated200JSONResponse{Items: []gen.Related{}, Complete: true}
	if f.Participant == nil {
		return out, nil
	}
	page, err := s.Store.Detections.Search(ctx, store.DetectionQuery{Filter: f, Sort: store.ByScore, Limit: relatedLook})
	if err != nil {
		return nil, err
	}
	for i := range page.Items {
		if r, ok := relate(&d, &page.Items[i]); ok {
			out.Items = append(out.Items, r)
		}
	}
	slices.SortStableFunc(out.Items, func(a, b gen.Related) int { return cmp.Compare(b.Score, a.Score) })
	limit := cmp.Or(q.Params.Limit, defaultLimit)
	switch {
	case !page.Complete || page.Next != "":
		out.Complete, out.Why = false, cmp.Or(page.Why, fmt.Sprintf("only the %d worst within seven days were looked at", relatedLook))
	case len(out.Items) > limit:
		out.Complete, out.Why = false, fmt.Sprintf("the closest %d of %d", limit, len(out.Items))
	}
	out.Items = out.Items[:min(len(out.Items), limit)]
	return out, nil
}

// sameParties asks for whoever takes part in a detection: by device, or by address where devices are not known.
func sameParties(d events.Detection) *store.ParticipantFilter {
	var p store.ParticipantFilter
	for _, one := range d.Participants {
		if one.Device != "" && len(p.Devices) < relatedNames && !slices.Contains(p.Devices, one.Device) {
			p.Devices = append(p.Devices, one.Device)
		}
	}
	if len(p.Devices) > 0 {
		return &p
	}
	for _, one := range d.Participants[:min(len(d.Participants), relatedNames)] {
		if n, ok := store.Network(one.Address.String()); ok && !slices.Contains(p.Addresses, n) {
			p.Addresses = append(p.Addresses, n)
		}
	}
	if len(p.Addresses) == 0 {
		return nil
	}
	return &p
}

// relate says why b has to do with a; false where it has not, or is a itself.
func relate(a, b *events.Detection) (gen.Related, bool) {
	if a.ID == b.ID {
		return gen.Related{}, false
	}
	var reasons []gen.Reason
	points := 0.0
	add := func(kind gen.ReasonKind, worth float64, text string, args ...any) {
		reasons = append(reasons, gen.Reason{Kind: kind, Text: cut(fmt.Sprintf(text, args...), maxReason)})
		points += worth
	}
	if who, ok := both(a, "offender", b, "offender"); ok {
		add(gen.ReasonKindSameOffender, pointsSame, "%s is the offender of both", who)
	}
	if who, ok := both(a, "victim", b, "victim"); ok {
		add(gen.ReasonKindSameVictim, pointsVictim, "%s is a victim of both", who)
		if t := sharedTechnique(a, b); t != "" {
			add(gen.ReasonKindSameTechnique, pointsMethod, "both use %s against %s", t, who)
		}
	}
	if who, ok := both(a, "victim", b, "offender"); ok {
		turned(add, who, a, b)
	}
	if who, ok := both(b, "victim", a, "offender"); ok {
		turned(add, who, b, a)
	}
	if len(reasons) == 0 {
		return gen.Related{}, false
	}
	distance := b.Start.Sub(a.Start).Abs()
	score := int(math.Round(points * math.Exp2(-float64(distance)/float64(halfDistance))))
	return gen.Related{Detection: *b, Score: min(max(score, 1), 100), Reasons: reasons}, true
}

// turned tells of a device that is a victim here and the offender there. Where it came to be the offender afterwards, it is a chain.
func turned(add func(gen.ReasonKind, float64, string, ...any), who string, victimOf, offenderOf *events.Detection) {
	if !offenderOf.Start.Before(victimOf.Start) {
		add(gen.ReasonKindChain, pointsChain, "%s, a victim of %s, became the offender of %s", who, victimOf.Title, offenderOf.Title)
		return
	}
	add(gen.ReasonKindOtherSide, pointsSide, "%s, the offender of %s, is a victim of %s", who, offenderOf.Title, victimOf.Title)
}

// both names a participant that has one role in a and another in b.
func both(a *events.Detection, inA string, b *events.Detection, inB string) (string, bool) {
	for i := range a.Participants {
		p := &a.Participants[i]
		if p.Role != inA {
			continue
		}
		for j := range b.Participants {
			o := &b.Participants[j]
			if o.Role == inB && sameParty(p, o) {
				return cmp.Or(p.Hostname, store.AddressText(p.Address), p.Label()), true
			}
		}
	}
	return "", false
}

func sameParty(a, b *events.Participant) bool {
	if a.Device != "" && b.Device != "" {
		return a.Device == b.Device
	}
	if a.Address.IsValid() || b.Address.IsValid() {
		return a.Address == b.Address
	}
	return a.Hostname == b.Hostname && a.Interface == b.Interface && a.Instance == b.Instance && a.VPC == b.VPC && a.User == b.User
}

func sharedTechnique(a, b *events.Detection) string {
	for _, t := range a.Techniques {
		if slices.Contains(b.Techniques, t) {
			return t
		}
	}
	return ""
}
