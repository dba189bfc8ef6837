//go:build race

package flow

// flood is smaller under the race detector, which makes each packet 40 times slower.
const flood = 500_000
