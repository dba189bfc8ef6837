package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/shared/dga"
)

// report writes the tables and says whether the bar is met.
func report(w io.Writer, m *dga.Model, learn, held []name) bool {
	long := score(m, held, (*name).long)
	fmt.Fprintf(w, "names: %d learned from, %d held out, of which %d benign and %d generated with a label of 8 characters and more\n",
		len(learn), len(held), len(long.benign), len(long.generated))
	fmt.Fprintf(w, "the label is what the owner chose: example in mail.example.co.uk, abc in abc.ddns.net\n\n")
	fmt.Fprintf(w, "%-38s %7s %9s %8s %9s %8s %8s %16s\n", "held out", "benign", "generated", "AUC", "precision", "if 1:1", "recall", "precision at .90")
	line(w, "8 characters and more", &long, m)
	all := score(m, held, func(*name) bool { return true })
	line(w, "all", &all, m)
	strange := score(m, held, func(n *name) bool { return n.long() && (!n.generated || n.stranger) })
	line(w, "8 and more, unseen families", &strange, m)
	known := score(m, held, func(n *name) bool { return n.long() && (!n.generated || !n.stranger) })
	line(w, "8 and more, families seen in training", &known, m)
	thresholds(w, m, held, &long)
	families(w, m, held)
	p, r := long.precision(float64(m.Likely)), above(long.generated, float64(m.Likely))
	met := p >= barPrecision && r >= barRecall
	verdict := "met"
	if !met {
		verdict = "MISSED"
	}
	fmt.Fprintf(w, "\nbar %s: precision %.4f (at least %.2f) at recall %.4f (at least %.2f), threshold %.2f\n", verdict, p, barPrecision, r, barRecall, m.Likely)
	return met
}

// line measures one part of what was held out at the likely threshold, and at the one that gives this part the recall of the bar. "if 1:1" is
// the precision if there were as many benign names as generated ones.
func line(w io.Writer, what string, s *scored, m *dga.Model) {
	t := float64(m.Likely)
	fmt.Fprintf(w, "%-38s %7d %9d %8.4f %9.4f %8.4f %8.4f %16.4f\n", what, len(s.benign), len(s.generated), s.area(),
		s.precision(t), s.even(t), above(s.generated, t), s.precision(reaching(s.generated, barRecall)))
}

// thresholds says what the two thresholds cost. The list calls some names benign that were drawn by lot, so that what reads like words is
// told apart.
func thresholds(w io.Writer, m *dga.Model, held []name, long *scored) {
	readable := score(m, held, func(n *name) bool { return n.long() && !n.generated && m.Unlike(n.text) <= standard.unlike })
	fmt.Fprintf(w, "\n%-10s %7s %8s %32s %44s\n", "threshold", "score", "recall", "false positives a million benign", "of these, that read like words or syllables")
	for _, t := range []struct {
		name string
		at   float64
	}{{"likely", float64(m.Likely)}, {"sure", float64(m.Sure)}} {
		words := above(readable.benign, t.at) * float64(len(readable.benign)) / float64(max(len(long.benign), 1))
		fmt.Fprintf(w, "%-10s %7.2f %8.4f %32.0f %44.0f\n", t.name, t.at, above(long.generated, t.at), 1e6*above(long.benign, t.at), 1e6*words)
	}
}

func families(w io.Writer, m *dga.Model, held []name) {
	byName := map[string]*scored{}
	strange := map[string]bool{}
	for i := range held {
		n := &held[i]
		if !n.generated || !n.long() {
			continue
		}
		if byName[n.family] == nil {
			byName[n.family] = &scored{}
		}
		byName[n.family].generated = append(byName[n.family].generated, m.Score(n.text))
		strange[n.family] = n.stranger
	}
	fmt.Fprintf(w, "\n%-24s %8s %8s %8s\n", "family (* unseen)", "held out", "likely", "sure")
	for _, f := range slices.Sorted(maps.Keys(byName)) {
		list := byName[f].generated
		slices.Sort(list)
		mark := ""
		if strange[f] {
			mark = " *"
		}
		fmt.Fprintf(w, "%-24s %8d %8.3f %8.3f\n", f+mark, len(list), above(list, float64(m.Likely)), above(list, float64(m.Sure)))
	}
}
