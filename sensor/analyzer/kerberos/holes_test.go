package kerberos

import (
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
)

// Catches: what the engine's way of showing bytes changes, and a hole anywhere that loses more than the questions it touches.
func TestThroughTheMux(t *testing.T) {
	said := []analyzertest.Said{
		analyzertest.Client(framed(asFirst)), analyzertest.Server(framed(refused)), analyzertest.Client(framed(asSecond)), analyzertest.Server(framed(asRep)),
		analyzertest.Client(framed(tgs)), analyzertest.Server(framed(tgsRep)),
	}
	specs := []analyzer.Spec{Spec}
	if r := analyzertest.Same(t, specs, 88, said); len(r.Records) != 3 || r.Rejected != 0 || r.HeldOver != 0 {
		t.Errorf("got %d records, %+v", len(r.Records), r)
	}
	analyzertest.Holes(t, specs, 88, said)
}
