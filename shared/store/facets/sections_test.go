package facets

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

// TestSkippingReadsTheSame damages sections, and asks whoever reads and whoever skips whether they are whole.
func TestSkippingReadsTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	d := storetest.Detection(1, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	wholes := 0
	for name, s := range map[string]struct {
		section string
		read    func(*reader)
		skip    func(*reader)
	}{
		"nature":  {nature(&d), func(r *reader) { readNature(r) }, skipNature},
		"triage":  {triage(&d), func(r *reader) { readTriage(r) }, skipTriage},
		"place":   {place(&d), func(r *reader) { readPlace(r) }, skipPlace},
		"profile": {profile(&d.Participants[0]), func(r *reader) { readProfile(r, true) }, skipProfile},
		"nobody":  {profile(&events.Participant{}), func(r *reader) { readProfile(r, true) }, skipProfile},
	} {
		for range 20_000 {
			b := []byte(s.section)
			for range r.IntN(3) {
				b[r.IntN(len(b))] = byte(r.IntN(1<<16) & r.IntN(256)) // few bits: most lengths stay small
			}
			damaged := string(b[:len(b)-r.IntN(2)*r.IntN(len(b))])
			if r.IntN(10) == 0 {
				damaged += "\x00"
			}
			if want := whole(damaged, s.read); want != whole(damaged, s.skip) {
				t.Fatalf("%s %q: whole is %v for one only", name, damaged, want)
			} else if want {
				wholes++
			}
		}
	}
	if wholes < 10_000 || wholes > 90_000 {
		t.Errorf("%d of 100000 were whole: that tells nothing", wholes)
	}
}
