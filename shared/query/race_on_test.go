//go:build race

package query_test

// raced says that the race detector is on: it has sync.Pool forget things at random.
const raced = true
