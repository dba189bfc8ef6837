package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/facets"
	"github.com/mirrorwatch/mirrorwatch/shared/store/storetest"
)

// BenchmarkPut does what storing a detection costs beside the database: a new one, and one that was alerted again.
func BenchmarkPut(b *testing.B) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	d := storetest.Detection(7, now)
	again := d
	again.Update, again.Description = d.Update.Add(time.Minute), d.Description+" by now"
	first, _ := store.Merge(nil, d, now)
	body, err := json.Marshal(&first)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			put(b, nil, d, now)
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			put(b, body, again, now)
		}
	})
	b.Run("differing", func(b *testing.B) {
		stored := decoded(b, body)
		for b.Loop() {
			if len(store.Differing(&stored, &again)) != 2 {
				b.Fatal(store.Differing(&stored, &again))
			}
		}
	})
}

func decoded(b *testing.B, body []byte) (d events.Detection) {
	if err := json.Unmarshal(body, &d); err != nil {
		b.Fatal(err)
	}
	return d
}

func put(b *testing.B, body []byte, d events.Detection, now time.Time) {
	if err := store.CheckDetection(&d); err != nil {
		b.Fatal(err)
	}
	var before *events.Detection
	if body != nil {
		stored := decoded(b, body)
		before = &stored
	}
	merged, changed := store.Merge(before, d, now)
	if !changed {
		b.Fatal("nothing changed")
	}
	if _, err := json.Marshal(&merged); err != nil {
		b.Fatal(err)
	}
	if _, err := facets.Of(&merged, 1); err != nil {
		b.Fatal(err)
	}
	event := store.DetectionEvent(before, merged, "")
	if _, err := json.Marshal(&event); err != nil {
		b.Fatal(err)
	}
}
