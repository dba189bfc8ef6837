package dga

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Reason is what one piece or measure of a name said.
type Reason struct {
	What   string  // "piece xqz", "piece ^zx" at the beginning, "share of digits"
	Points float64 // log-odds: above 0 for generated, below 0 for honest
}

// Explain gives the loudest reasons of a score, at most most of them, loudest first. It allocates: it is for a person.
func (m *Model) Explain(name string, most int) []Reason {
	label, suffix := Label(name)
	codes := Encode(nil, label)
	var list []Reason
	for size := 2; size <= 4; size++ {
		for i := 0; i+size <= len(codes); i++ {
			list = m.reason(list, "piece "+spell(label, i, size), grams(nil, codes[i:i+size])[last(size)])
		}
	}
	s := m.measure(codes)
	for k, step := range s.steps() {
		list = m.reason(list, s.says(kind(k)), Grams+planes[k].at+min(step, planes[k].steps-1))
	}
	list = m.reason(list, "top-level domain "+suffix, Grams+planes[tld].at+hash(suffix)%planes[tld].steps)
	slices.SortStableFunc(list, func(a, b Reason) int { return cmp.Compare(math.Abs(b.Points), math.Abs(a.Points)) })
	return list[:min(most, len(list))]
}

// last is where grams puts the piece of all its symbols, when it is given as many as size.
func last(size int) int { return (size-1)*size/2 - 1 }

func (m *Model) reason(list []Reason, what string, feature uint32) []Reason {
	scale := m.PlainScale
	if feature < Grams {
		scale = m.GramScale
	}
	points := float64(scale) * float64(m.Weight[feature])
	if points == 0 {
		return list
	}
	return append(list, Reason{what, math.Round(points*100) / 100})
}

// spell writes a piece as it stands in the label, its digits and all, with the edges as ^ and $.
func spell(label string, at, size int) string {
	text := "^" + label[:min(len(label), maxLabel)] + "$"
	return text[at : at+size]
}

func (s *shape) says(k kind) string {
	percent := func(part, whole int) string {
		if whole == 0 {
			return planes[k].says
		}
		return fmt.Sprintf("%s %d %%", planes[k].says, 100*part/whole)
	}
	switch k {
	case length:
		return fmt.Sprintf("%s %d", planes[k].says, s.length)
	case digits:
		return percent(s.digits, s.length)
	case vowels:
		return percent(s.vowels, s.letters)
	case variety:
		return percent(distinct(s.seen), s.letters)
	case alternation:
		return percent(s.alternations, s.pairs)
	case turns:
		return fmt.Sprintf("%s: %d", planes[k].says, s.turns)
	case consonants:
		return fmt.Sprintf("%s: %d", planes[k].says, s.consonantRun)
	case vowelRun:
		return fmt.Sprintf("%s: %d", planes[k].says, s.vowelRun)
	case surprise:
		return fmt.Sprintf("%s: %.1f bits a character", planes[k].says, float64(s.bits)/16/float64(s.length+1))
	case worst:
		return fmt.Sprintf("%s: %.1f bits a character", planes[k].says, float64(s.worst)/16/4)
	}
	return fmt.Sprintf("%s: %d", planes[k].says, s.hyphens)
}
