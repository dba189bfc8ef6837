package facets_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/facets"
)

func TestDecodeRefusesWhatIsDamaged(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 50 {
		d := odd(i, r)
		b := facets.Encode(&d, int64(i))
		f, err := facets.Decode(b)
		if err != nil || f.ID() != d.ID || f.Created() != int64(i) {
			t.Fatalf("%s, %d: %v", f.ID(), f.Created(), err)
		}
		for n := range b {
			if _, err := facets.Decode(b[:n]); !errors.Is(err, facets.ErrFormat) {
				t.Fatalf("cut at %d of %d: %v", n, len(b), err)
			}
		}
		if _, err := facets.Decode(append(b, 0)); !errors.Is(err, facets.ErrFormat) {
			t.Fatalf("a byte too many: %v", err)
		}
	}
}

// FuzzDecode: whatever the bytes, no panic; and what is taken can be searched.
func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(2, 2))
	for i := range 8 {
		d := odd(i, r)
		f.Add(facets.Encode(&d, int64(i)))
	}
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := facets.Decode(b)
		if err != nil {
			if !errors.Is(err, facets.ErrFormat) {
				t.Fatal(err)
			}
			return
		}
		again, err := facets.Decode(b)
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Fatal("not the same twice", err)
		}
		x := facets.New(facets.Options{})
		x.Put(got)
		x.Put(again)
		if x.Len() != 1 {
			t.Fatal(x.Len())
		}
		hidden := store.DetectionFilter{Hidden: store.HiddenInclude}
		for _, by := range store.GroupBys() {
			if _, err := x.Groups(hidden, store.GroupQuery{By: by}); err != nil {
				t.Fatal(err)
			}
		}
		filter := store.DetectionFilter{Text: "abc", Participant: &store.ParticipantFilter{Tags: map[string]string{"a": "*"}}}
		if _, _, err := x.Search(store.DetectionQuery{Filter: filter}); err != nil {
			t.Fatal(err)
		}
		x.Remove(got.ID())
		if x.Len() != 0 {
			t.Fatal(x.Len())
		}
	})
}
