package main

import (
	"math"

	"github.com/mirrorwatch/mirrorwatch/shared/dga"
)

// learnWords gives how many sixteenths of a bit each symbol costs an honest name after the two before it, from the benign names outside
// the fold (-1: from all). What was seen seldom is judged by the pair and the single symbol.
func learnWords(names []name, without int, smooth float64) []uint8 {
	s := dga.Symbols
	one, two, three := make([]float64, s), make([]float64, s*s), make([]float64, s*s*s)
	total := 0.0
	for i := range names {
		if names[i].generated || names[i].fold == without {
			continue
		}
		label, _ := dga.Label(names[i].text)
		a, b := dga.Edge, dga.Edge
		for _, code := range dga.Encode(nil, label)[1:] {
			c := int(code)
			one[c]++
			two[b*s+c]++
			three[(a*s+b)*s+c]++
			total++
			a, b = b, c
		}
	}
	costs := make([]uint8, s*s*s)
	for a := range s {
		for b := range s {
			for c := range s {
				p1 := (one[c] + 1) / (total + float64(s))
				p2 := (two[b*s+c] + float64(smooth*p1)) / (sum(two[b*s:(b+1)*s]) + smooth)
				p3 := (three[(a*s+b)*s+c] + float64(smooth*p2)) / (sum(three[(a*s+b)*s:(a*s+b+1)*s]) + smooth)
				costs[(a*s+b)*s+c] = uint8(min(math.Round(-16*math.Log2(p3)), 255))
			}
		}
	}
	return costs
}

func sum(list []float64) float64 {
	total := 0.0
	for _, x := range list {
		total += x
	}
	return total
}
