package main

import "slices"

// strangers are families that the model never sees in training: word-like ones (suppobox, gozi, ngioweb), ones that can be pronounced
// (simda, symmi, kraken), and ones drawn by lot, long and short, with digits and without.
func strangers() []string {
	return []string{
		"suppobox", "ngioweb", "gozi", "simda", "symmi", "kraken", "padcrypt", "murofet", "qadars", "ramnit", "chinad", "bumblebee",
		"emotet", "locky", "dnschanger", "verblecon",
	}
}

// split parts the list. Held out are a fifth of the benign names and of each family, by the seed, and all names of the strangers.
func split(names []name) (learn, held []name) {
	for _, n := range names {
		n.stranger = slices.Contains(strangers(), n.family)
		if n.stranger || n.fold == 0 {
			held = append(held, n)
		} else {
			learn = append(learn, n)
		}
	}
	return learn, held
}
