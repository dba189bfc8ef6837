// Package entropy measures how much a text surprises. What comes in is a text; what goes out is bits a character. It never keeps the
// text and never allocates.
package entropy

import "math"

// Bits is the Shannon entropy of s in bits a byte: 0 for one letter repeated, about 4 for hexadecimal digits, 5 for base 32.
// Short texts cannot have much: at most the logarithm of their length.
func Bits(s string) float64 {
	if s == "" {
		return 0
	}
	var seen [256]uint32
	for i := range len(s) {
		seen[s[i]]++
	}
	sum, n := 0.0, float64(len(s))
	for _, c := range seen {
		if c > 0 {
			sum -= float64(c) * math.Log2(float64(c)/n)
		}
	}
	return sum / n
}
