package rdp

import (
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
)

// Catches: what the engine's way of showing bytes changes, and a hole anywhere that ends in a panic or in bytes held for ever.
func TestThroughTheMux(t *testing.T) {
	said := []analyzertest.Said{
		analyzertest.Client(ask), analyzertest.Server(giveRDP), analyzertest.Client(clientMCS), analyzertest.Server(serverMCS),
	}
	specs := []analyzer.Spec{Spec}
	if r := analyzertest.Same(t, specs, 3389, said); len(r.Records) != 1 || r.Rejected != 0 || r.HeldOver != 0 {
		t.Errorf("got %d records, %+v", len(r.Records), r)
	}
	analyzertest.Holes(t, specs, 3389, said)
}
