package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// RunSnapshots holds a store's Snapshots against the contract.
func RunSnapshots(t *testing.T, open Open) {
	each(t, open, map[string]func(*harness){
		"save and load":      saveAndLoad,
		"a save that fails":  failingSave,
		"a large one":        largeSnapshot,
		"names":              snapshotNames,
		"read while saved":   readWhileSaved,
		"snapshot cancelled": snapshotsCancelled,
	})
}

func (h *harness) load(name string) (string, time.Time) {
	h.Helper()
	r, at, err := h.Snapshots.Load(h.ctx, name)
	h.must(err)
	b, err := io.ReadAll(r)
	h.must(err)
	h.must(r.Close())
	return string(b), at
}

func (h *harness) save(name string, at time.Time, body string) {
	h.Helper()
	h.must(h.Snapshots.Save(h.ctx, name, at, strings.NewReader(body), 2))
}

func saveAndLoad(h *harness) {
	_, _, err := h.Snapshots.Load(h.ctx, "devices")
	h.refused("what is not there", err, store.ErrNotFound)
	at := h.clock.Now()
	for i := range 5 {
		h.save("devices", at.Add(time.Duration(i)*time.Second), fmt.Sprint("state ", i))
	}
	h.save("baselines", at, "")
	if body, got := h.load("devices"); body != "state 4" || !got.Equal(at.Add(4*time.Second)) {
		h.Errorf("%q of %v", body, got)
	}
	if body, _ := h.load("baselines"); body != "" {
		h.Errorf("an empty one: %q", body)
	}
	h.refused("no name", h.Snapshots.Save(h.ctx, "", at, strings.NewReader("x"), 1), store.ErrInvalid)
	h.refused("none kept", h.Snapshots.Save(h.ctx, "x", at, strings.NewReader("x"), 0), store.ErrInvalid)
}

func failingSave(h *harness) {
	at := h.clock.Now()
	h.save("devices", at, "before")
	broken := errors.New("broken reader")
	half := io.MultiReader(bytes.NewReader(make([]byte, 300_000)), iotest.ErrReader(broken))
	if err := h.Snapshots.Save(h.ctx, "devices", at.Add(time.Second), half, 1); !errors.Is(err, broken) {
		h.Errorf("%v", err)
	}
	if body, got := h.load("devices"); body != "before" || !got.Equal(at) {
		h.Errorf("%d bytes of %v", len(body), got)
	}
	if err := h.Snapshots.Save(h.ctx, "fresh", at, iotest.ErrReader(broken), 1); !errors.Is(err, broken) {
		h.Errorf("%v", err)
	}
	_, _, err := h.Snapshots.Load(h.ctx, "fresh")
	h.refused("what was never complete", err, store.ErrNotFound)
	names, err := h.Snapshots.Names(h.ctx)
	h.must(err)
	if !slices.Equal(names, []string{"devices"}) {
		h.Errorf("names %q", names)
	}
}

func largeSnapshot(h *harness) {
	body := strings.Repeat("0123456789abcdef", 200_000)
	h.save("large", h.clock.Now(), body)
	if got, _ := h.load("large"); got != body {
		h.Errorf("%d bytes came back of %d", len(got), len(body))
	}
}

func snapshotNames(h *harness) {
	names, err := h.Snapshots.Names(h.ctx)
	h.must(err)
	if len(names) != 0 {
		h.Errorf("names %q", names)
	}
	for _, n := range []string{"b", "a", "sensor-1/devices", "b"} {
		h.save(n, h.clock.Now(), n)
	}
	names, err = h.Snapshots.Names(h.ctx)
	h.must(err)
	if !slices.Equal(names, []string{"a", "b", "sensor-1/devices"}) {
		h.Errorf("names %q", names)
	}
}

// readWhileSaved opens a version, saves newer ones, and reads on.
func readWhileSaved(h *harness) {
	body := strings.Repeat("old", 100_000)
	h.save("devices", h.clock.Now(), body)
	r, _, err := h.Snapshots.Load(h.ctx, "devices")
	h.must(err)
	head := make([]byte, 3)
	_, err = io.ReadFull(r, head)
	h.must(err)
	h.save("devices", h.clock.Now().Add(time.Second), "new")
	rest, err := io.ReadAll(r)
	h.must(err)
	h.must(r.Close())
	if string(head)+string(rest) != body {
		h.Errorf("%d bytes of %d", len(head)+len(rest), len(body))
	}
}

func snapshotsCancelled(h *harness) {
	h.cancelled("save", func(ctx context.Context) error {
		return h.Snapshots.Save(ctx, "x", h.clock.Now(), strings.NewReader("x"), 1)
	})
	h.cancelled("names", func(ctx context.Context) error { _, err := h.Snapshots.Names(ctx); return err })
	_, _, err := h.Snapshots.Load(h.ctx, "x")
	h.refused("what was given up", err, store.ErrNotFound)
}
