package dga

// What is looked at of a label, and which weight it has. Every measure is cut into steps, each with a weight of its own, so that a linear
// model can say "long and without vowels".
const (
	maxLabel = 63 // bytes (RFC 1035 section 2.3.4); what is longer is cut
	// MaxFeatures is the most that one name has: pieces of two, three and four characters between two edges, and the plain
	// measures.
	MaxFeatures = 3*(maxLabel+2) + int(kinds)
	Symbols     = 29 // a to z, any digit, hyphen or anything else, edge
	digit       = 26
	other       = 27
	// Edge is the symbol before and behind a label.
	Edge = 28
)

// kind is a plain measure.
type kind uint32

const (
	length kind = iota
	digits
	turns
	vowels
	consonants
	vowelRun
	surprise
	worst
	hyphens
	variety
	alternation
	tld
	kinds
)

// planes are where the weights of each measure begin, and how many steps it has.
var planes = [kinds]struct {
	at, steps uint32
	says      string
}{
	length:      {0, 40, "length"},
	digits:      {40, 40, "share of digits"},
	turns:       {80, 10, "turns between letters and digits"},
	vowels:      {90, 88, "share of vowels"},
	consonants:  {178, 12, "longest run of consonants"},
	vowelRun:    {190, 8, "longest run of vowels"},
	surprise:    {198, 256, "unlike words"},
	worst:       {454, 32, "least word-like part"},
	hyphens:     {486, 6, "hyphens"},
	variety:     {492, 88, "different letters"},
	alternation: {580, 88, "vowels and consonants in turn"},
	tld:         {1024, 1024, "top-level domain"},
}

// Features appends the numbers of the weights that a name has to dst, which has room for MaxFeatures.
func (m *Model) Features(dst []uint32, name string) []uint32 {
	label, suffix := Label(name)
	var room [maxLabel + 2]uint8
	codes := Encode(room[:0], label)
	dst = grams(dst, codes)
	s := m.measure(codes)
	for k, step := range s.steps() {
		dst = append(dst, Grams+planes[k].at+min(step, planes[k].steps-1))
	}
	return append(dst, Grams+planes[tld].at+hash(suffix)%planes[tld].steps)
}

// Encode turns a label into symbols between two edges.
func Encode(dst []uint8, label string) []uint8 {
	dst = append(dst, Edge)
	for i := range min(len(label), maxLabel) {
		dst = append(dst, symbol(label[i]))
	}
	return append(dst, Edge)
}

func symbol(c byte) uint8 {
	switch {
	case c >= 'a' && c <= 'z':
		return c - 'a'
	case c >= '0' && c <= '9':
		return digit
	case c >= 'A' && c <= 'Z':
		return c - 'A'
	}
	return other
}

// grams appends the pieces of two, three and four symbols. A piece's number is a hash of its symbols: some share a weight.
func grams(dst []uint32, codes []uint8) []uint32 {
	two, three, four := uint32(0), uint32(0), uint32(0)
	for i, c := range codes {
		two, three, four = two<<6&0xfff|uint32(c), three<<6&0x3ffff|uint32(c), four<<6&0xffffff|uint32(c)
		if i >= 1 {
			dst = append(dst, place(two|2<<24))
		}
		if i >= 2 {
			dst = append(dst, place(three|3<<24))
		}
		if i >= 3 {
			dst = append(dst, place(four|4<<24))
		}
	}
	return dst
}

// place is Knuth's multiplicative hash to as many bits as Grams has.
func place(piece uint32) uint32 { return piece * 2654435761 >> (32 - 17) }

// hash is FNV-1a.
func hash(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}
