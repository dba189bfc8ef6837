package ldap

import (
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
)

// Catches: what the engine's way of showing bytes changes, and a hole anywhere that ends in a panic or in bytes held for ever.
func TestThroughTheMux(t *testing.T) {
	said := []analyzertest.Said{
		analyzertest.Client(bindKrb), analyzertest.Server(bindOK), analyzertest.Client(framed(signed + find)), analyzertest.Server(framed(signed + entry + done)),
		analyzertest.Client(wrap), analyzertest.Server(wrap), analyzertest.Client("\x30\x05\x02\x01\x0d\x42\x00"),
	}
	specs := []analyzer.Spec{Spec}
	if r := analyzertest.Same(t, specs, 389, said); len(r.Records) != 4 || r.Rejected != 0 || r.HeldOver != 0 {
		t.Errorf("got %d records, %+v", len(r.Records), r)
	}
	analyzertest.Holes(t, specs, 389, said)
}
