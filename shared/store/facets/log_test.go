package facets

import (
	"math/rand/v2"
	"testing"
)

// TestLogForgetsWhatCameTwice lets few different pairs come often, as detections with hundreds of participants would.
func TestLogForgetsWhatCameTwice(t *testing.T) {
	pool := newBlocks()
	l := log{pool: &pool, squeezeAt: 3}
	want := map[[2]uint32]bool{}
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 * len(block{}) {
		key, device, role := r.Uint32N(100), 1+r.Uint32N(100), roleOffender+byte(r.IntN(2))
		l.device(key, device, role)
		want[[2]uint32{key, device<<1 | uint32(role-roleOffender)}] = true
		if l.squeezeAt > 3 {
			l.squeezeAt = 3
		}
	}
	if n := len(l.byDevice.full); n > 4 {
		t.Errorf("%d blocks are full", n)
	}
	have := map[[2]uint32]bool{}
	l.devices(func(key, which uint32) { have[[2]uint32{key, which}] = true })
	if len(have) != len(want) {
		t.Errorf("%d pairs, not %d", len(have), len(want))
	}
	l.free()
	l.devices(func(uint32, uint32) { t.Error("something is left") })
}
