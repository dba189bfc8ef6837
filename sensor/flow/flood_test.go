//go:build !race

package flow

// flood is how many SYNs TestFlood sends.
const flood = 10_000_000
