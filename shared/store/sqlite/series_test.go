package sqlite

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

func TestHourIsReadAsItWasWritten(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	odd := []float64{0, math.Copysign(0, -1), 1.5, -3, 1e300, exact, exact - 1, -exact + 1, math.Inf(1), math.NaN(), math.SmallestNonzeroFloat64}
	for range 2000 {
		var h hourful
		for m := range 60 {
			switch r.IntN(3) {
			case 0:
				h.set(m, float64(r.IntN(1_000_000)))
			case 1:
				if r.IntN(20) == 0 {
					h.set(m, odd[r.IntN(len(odd))])
				}
			}
		}
		back, err := decodeHour(h.encode())
		if err != nil || back.minutes != h.minutes {
			t.Fatalf("%x came back as %x (%v)", h.minutes, back.minutes, err)
		}
		back.each(func(m int, v float64) {
			if math.Float64bits(v) != math.Float64bits(h.values[m]) {
				t.Fatalf("%v came back as %v", h.values[m], v)
			}
		})
	}
}

func FuzzHour(f *testing.F) {
	h := hourful{}
	h.set(3, 7)
	f.Add(h.encode())
	h.set(59, 0.5)
	f.Add(h.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := decodeHour(b)
		if err != nil {
			return
		}
		back, err := decodeHour(h.encode())
		if err != nil || back.minutes != h.minutes {
			t.Errorf("%x decodes, and what it decodes to does not (%v)", b, err)
		}
	})
}

func TestMinuteThatComesAgainIsReplacedWhole(t *testing.T) {
	s := openIn(t, filepath.Join(t.TempDir(), "data"))
	at := clock().Add(30 * time.Minute)
	observe := func(metrics map[string]float64) {
		t.Helper()
		if err := s.Devices.Observe(t.Context(), events.Sample{Device: "a", Time: at, Metrics: metrics}); err != nil {
			t.Fatal(err)
		}
	}
	observe(map[string]float64{"bytes_in": 1, "bytes_out": 2})
	observe(map[string]float64{"bytes_in": 3})
	metrics, err := s.Devices.Metrics(t.Context(), "a", at, at.Add(time.Minute))
	if err != nil || !slices.Equal(metrics, []string{"bytes_in"}) {
		t.Errorf("metrics %v (%v)", metrics, err)
	}
	points, err := s.Devices.Series(t.Context(), "a", "bytes_in", time.Time{}, at.AddDate(100, 0, 0))
	if err != nil || !slices.Equal(points, []events.Point{{Time: at, Value: 3}}) {
		t.Errorf("points %v (%v)", points, err)
	}
	if err := s.Devices.Observe(t.Context(), events.Sample{Device: "a", Time: at.Add(time.Second)}); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("a minute that begins at a second: %v", err)
	}
}

// TestDeviceDayIsSmall says how many bytes a day of one device takes, with fifteen metrics and a value a minute of each.
func TestDeviceDayIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: a day of five devices is thousands of writes, -short")
	}
	s := openIn(t, filepath.Join(t.TempDir(), "data"))
	const devices = 5
	r := rand.New(rand.NewPCG(1, 1))
	for m := range 24 * 60 {
		var list []events.Sample
		for i := range devices {
			o := events.Sample{Device: fmt.Sprintf("eni-%017x", i), Time: clock().Add(time.Duration(m) * time.Minute), Metrics: map[string]float64{}}
			for k := range 15 {
				o.Metrics[fmt.Sprintf("metric_%d", k)] = math.Floor(math.Exp(r.Float64() * float64(k))) // from single digits to millions
			}
			list = append(list, o)
		}
		if err := s.Devices.Observe(t.Context(), list...); err != nil {
			t.Fatal(err)
		}
	}
	d := s.Closer.(*handle).files[0]
	var blobs, pages int64
	if err := d.read.QueryRow("SELECT sum(length(points)) FROM series").Scan(&blobs); err != nil {
		t.Fatal(err)
	}
	if err := d.read.QueryRow("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	t.Logf("a device-day of 15 metrics takes %d bytes in blobs, %d in the file; samples as JSON would take %d", blobs/devices, pages/devices, 24*60*15*20)
	if pages/devices > 100_000 {
		t.Errorf("%d bytes a device-day", pages/devices)
	}
	points, err := s.Devices.Series(t.Context(), "eni-00000000000000003", "metric_14", clock(), clock().AddDate(0, 0, 1))
	if err != nil || len(points) != 24*60 {
		t.Errorf("%d points (%v)", len(points), err)
	}
	purged, err := s.Devices.Purge(t.Context(), clock().Add(90*time.Minute+30*time.Second), time.Time{})
	if err != nil || purged != 91*devices {
		t.Errorf("%d samples purged, want %d (%v)", purged, 91*devices, err)
	}
	points, err = s.Devices.Series(t.Context(), "eni-00000000000000003", "metric_14", clock(), clock().AddDate(0, 0, 1))
	if err != nil || len(points) != 24*60-91 || !points[0].Time.Equal(clock().Add(91*time.Minute)) {
		t.Errorf("%d points from %v on (%v)", len(points), points[0].Time, err)
	}
}
