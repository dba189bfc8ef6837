package policy

import _ "embed"

//go:embed example.yaml
var example []byte

// Example is a policy with every key and what it means, to begin one's own from.
func Example() []byte { return append([]byte(nil), example...) }
