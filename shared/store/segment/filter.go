package segment

// A filter says of a text that it is certainly not among the values of a column, or that it may be: ten bits a value, seven of them
// asked, one wrong "may be" in a hundred. The hash is FNV's with a finish that spreads every bit, so that files outlive the process.
const (
	filterBits = 10
	filterAsks = 7
)

func filterHash(s string) (a, b uint64) {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(lower(s[i]))) * 1099511628211
	}
	return mix(h), mix(h+0x9e3779b97f4a7c15) | 1
}

func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func newFilter(texts []string) []byte {
	f := make([]byte, (len(texts)*filterBits+7)/8)
	for _, t := range texts {
		a, b := filterHash(t)
		for range filterAsks {
			bit := a % uint64(len(f)*8)
			f[bit>>3] |= 1 << (bit & 7)
			a += b
		}
	}
	return f
}

// mayHold says false where a text, whatever its case, is certainly not in the column.
func mayHold(f []byte, text string) bool {
	if len(f) == 0 {
		return true
	}
	a, b := filterHash(text)
	for range filterAsks {
		bit := a % uint64(len(f)*8)
		if f[bit>>3]>>(bit&7)&1 == 0 {
			return false
		}
		a += b
	}
	return true
}
