package decap

import "testing"

func BenchmarkEnvelopes(b *testing.B) {
	for _, e := range envelopes {
		if e.want.Type == "" {
			continue
		}
		payload := bytesOf(b, e.head+e.inner)
		b.Run(e.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.open(payload, false)
			}
		})
	}
}

// What every UDP packet that is no tunnel pays.
func BenchmarkOtherPorts(b *testing.B) {
	payload := bytesOf(b, frame)
	b.ReportAllocs()
	for b.Loop() {
		UDP(50000, 53, payload)
	}
}
