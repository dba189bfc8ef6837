package main

import (
	"math"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/dga"
)

// The bar, on held-out names of eight characters and more, families that the model never saw included.
const (
	barPrecision = 0.98
	barRecall    = 0.90
)

// scored are the scores of held-out names, each list in rising order.
type scored struct {
	benign, generated []float64
}

// score scores the names that which picks.
func score(m *dga.Model, held []name, which func(*name) bool) scored {
	var s scored
	for i := range held {
		n := &held[i]
		switch {
		case !which(n):
		case n.generated:
			s.generated = append(s.generated, m.Score(n.text))
		default:
			s.benign = append(s.benign, m.Score(n.text))
		}
	}
	slices.Sort(s.benign)
	slices.Sort(s.generated)
	return s
}

// above is the share of scores at or above t.
func above(list []float64, t float64) float64 {
	if len(list) == 0 {
		return 0
	}
	i, _ := slices.BinarySearch(list, t)
	return float64(len(list)-i) / float64(len(list))
}

// reaching is the highest threshold at which that share of list is at or above it.
func reaching(list []float64, share float64) float64 {
	if len(list) == 0 {
		return 0
	}
	return list[max(len(list)-int(math.Ceil(float64(len(list))*share)), 0)]
}

// single rounds a threshold to what a weights file holds, and never up: who was at it shall stay at it.
func single(t float64) float32 {
	f := float32(t)
	if float64(f) > t {
		f = math.Nextafter32(f, float32(math.Inf(-1)))
	}
	return f
}

// precision is the share of generated names among those at or above t, as many of each kind as there are.
func (s *scored) precision(t float64) float64 {
	hits, wrong := above(s.generated, t)*float64(len(s.generated)), above(s.benign, t)*float64(len(s.benign))
	return ratio(hits, hits+wrong)
}

// even is the precision if there were as many benign names as generated ones.
func (s *scored) even(t float64) float64 {
	return ratio(above(s.generated, t), above(s.generated, t)+above(s.benign, t))
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// area is the area below the ROC curve: how often a generated name scores higher than a benign one; equal scores count half.
func (s *scored) area() float64 {
	wins, below, same := 0.0, 0, 0
	for _, x := range s.generated {
		for below < len(s.benign) && s.benign[below] < x {
			below++
		}
		same = max(same, below)
		for same < len(s.benign) && s.benign[same] == x {
			same++
		}
		wins += float64(below) + float64(same-below)/2
	}
	return ratio(wins, float64(len(s.benign))*float64(len(s.generated)))
}
