package dga

// shape is what was counted of one label.
type shape struct {
	length, letters, digits, hyphens, vowels int
	turns                                    int // a letter beside a digit
	alternations                             int // a vowel beside a consonant
	pairs                                    int // a letter beside a letter
	consonantRun, vowelRun                   int // the longest
	seen                                     uint32
	bits                                     int // sixteenths, over all characters and the Edge
	worst                                    int // the same of the four dearest characters in a row
}

// measure walks a label once.
func (m *Model) measure(codes []uint8) shape {
	s := shape{length: len(codes) - 2}
	before, last := uint8(Edge), uint8(Edge)
	run, runVowel := 0, false
	var recent [4]int
	window := 0
	for i, c := range codes[1:] {
		cost := int(m.Surprise[(int(before)*Symbols+int(last))*Symbols+int(c)])
		s.bits += cost
		window += cost - recent[i&3]
		recent[i&3] = cost
		s.worst = max(s.worst, window)
		s.count(c, last)
		if c < digit {
			v := vowel(c)
			if run == 0 || v != runVowel {
				run, runVowel = 0, v
			}
			run++
			if v {
				s.vowelRun = max(s.vowelRun, run)
			} else {
				s.consonantRun = max(s.consonantRun, run)
			}
		} else {
			run = 0
		}
		before, last = last, c
	}
	return s
}

func (s *shape) count(c, last uint8) {
	switch {
	case c < digit:
		s.letters++
		s.seen |= 1 << c
		if vowel(c) {
			s.vowels++
		}
	case c == digit:
		s.digits++
	case c == other:
		s.hyphens++
	}
	if c == digit && last < digit || c < digit && last == digit {
		s.turns++
	}
	if c < digit && last < digit {
		s.pairs++
		if vowel(c) != vowel(last) {
			s.alternations++
		}
	}
}

// vowel: a e i o u y.
func vowel(c uint8) bool { return 1<<c&uint32(1|1<<4|1<<8|1<<14|1<<20|1<<24) != 0 }

// steps cuts what was counted into steps; those of shares are told apart by length, since a share of four letters says little.
func (s *shape) steps() [tld]uint32 {
	size := uint32(sizeOf(s.length))
	return [tld]uint32{
		length:      uint32(s.length),
		digits:      share(s.digits, s.length, 4) + 5*size,
		turns:       uint32(s.turns),
		vowels:      share(s.vowels, s.letters, 10) + 11*size,
		consonants:  uint32(s.consonantRun),
		vowelRun:    uint32(s.vowelRun),
		surprise:    min(uint32(s.bits*4/16/(s.length+1)), 31) + 32*size,
		worst:       uint32(s.worst * 2 / 16 / 4),
		hyphens:     uint32(s.hyphens),
		variety:     share(distinct(s.seen), s.letters, 10) + 11*size,
		alternation: share(s.alternations, s.pairs, 10) + 11*size,
	}
}

// sizeOf sorts lengths into eight classes.
func sizeOf(n int) int {
	switch {
	case n < 6:
		return 0
	case n < 8:
		return 1
	case n < 10:
		return 2
	case n < 12:
		return 3
	case n < 15:
		return 4
	case n < 18:
		return 5
	case n < 23:
		return 6
	}
	return 7
}

// share is part of whole in that many steps, 0 to steps.
func share(part, whole, steps int) uint32 {
	if whole == 0 {
		return 0
	}
	return uint32(part * steps / whole)
}

func distinct(seen uint32) int {
	n := 0
	for ; seen != 0; seen &= seen - 1 {
		n++
	}
	return n
}

// Unlike is how many bits a character of the chosen label costs against honest names, on average: words cost 3 to 4, letters drawn by
// lot 5 and more.
func (m *Model) Unlike(name string) float64 {
	label, _ := Label(name)
	var room [maxLabel + 2]uint8
	s := m.measure(Encode(room[:0], label))
	return float64(s.bits) / 16 / float64(s.length+1)
}
