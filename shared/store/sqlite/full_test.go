package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"golang.org/x/sys/unix"
)

// TestFullDatabase lets the database reach a bound of its own, which is exact, and needs no rights.
func TestFullDatabase(t *testing.T) {
	s := openIn(t, filepath.Join(t.TempDir(), "data"))
	d := s.Closer.(*handle).files[0]
	bound := func(pages int) {
		if err := d.change(t.Context(), func(tx *tx) error { return tx.row(fmt.Sprintf("PRAGMA max_page_count = %d", pages), nil, new(int)) }); err != nil {
			t.Fatal(err)
		}
	}
	bound(200)
	fillUp(t, s, func() { bound(2000) })
}

// TestFullDisk fills a small disk of its own.
func TestFullDisk(t *testing.T) {
	folder, makeRoom := smallDisk(t)
	s := openIn(t, filepath.Join(folder, "data"))
	fillUp(t, s, makeRoom)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	checkIntegrity(t, filepath.Join(folder, "data", MainFile))
}

// TestFullDiskOpened closes and opens while the disk is full: that may fail, as full and nothing else, and loses nothing.
func TestFullDiskOpened(t *testing.T) {
	folder, makeRoom := smallDisk(t)
	s := openIn(t, filepath.Join(folder, "data"))
	kept := map[string]bool{}
	for n := 0; ; n++ {
		v := crashDetection(0, 0, n, 0)
		if _, err := s.Detections.Put(t.Context(), v); err != nil {
			break
		}
		kept[v.ID] = true
	}
	if err := s.Close(); err != nil {
		t.Logf("closing on a full disk: %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "more"), make([]byte, 8<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	s, err := Open(t.Context(), Options{Folder: filepath.Join(folder, "data"), Now: clock})
	if err == nil {
		checkKept(t, s, kept)
		err = s.Close()
	}
	if err != nil && !errors.Is(err, store.ErrFull) {
		t.Errorf("opened on a full disk: %v", err)
	}
	makeRoom()
	s = openIn(t, filepath.Join(folder, "data"))
	defer s.Close()
	checkKept(t, s, kept)
	if _, err := s.Detections.Put(t.Context(), crashDetection(1, 0, 0, 0)); err != nil {
		t.Error(err)
	}
}

// smallDisk mounts a disk of a few megabytes, part of it taken until room is made.
func smallDisk(t *testing.T) (folder string, makeRoom func()) {
	t.Helper()
	folder = t.TempDir()
	if err := unix.Mount("none", folder, "tmpfs", 0, "size=6m"); err != nil {
		if os.Getenv("MIRRORWATCH_REQUIRE_ALL") == "1" {
			t.Fatalf("cannot mount a small disk: %v", err)
		}
		t.Skipf("SKIPPED: a full disk was not tried; run as root, which may mount a small one (%v)", err)
	}
	t.Cleanup(func() { unix.Unmount(folder, unix.MNT_DETACH) })
	ballast := filepath.Join(folder, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder, func() {
		if err := errors.Join(os.Remove(ballast), removeIfThere(filepath.Join(folder, "more"))); err != nil {
			t.Fatal(err)
		}
	}
}

// fillUp writes from several goroutines until there is no space, and again once there is.
func fillUp(t *testing.T, s *store.Store, makeRoom func()) {
	t.Helper()
	if h := HealthOf(s); !h.FullSince.IsZero() {
		t.Fatalf("full since %s before it is filled", h.FullSince)
	}
	kept := map[string]bool{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for n := range 100_000 {
				v := crashDetection(0, g, n, 0)
				_, err := s.Detections.Put(t.Context(), v)
				if err != nil {
					if !errors.Is(err, store.ErrFull) {
						t.Errorf("wrote on a full disk: %v", err)
					}
					return
				}
				mu.Lock()
				kept[v.ID] = true
				mu.Unlock()
			}
			t.Error("the disk never got full")
		})
	}
	wg.Wait()
	big := crashDetection(1, 0, 0, 0)
	big.Properties["padding"] = strings.Repeat("x", 300_000)
	for range 3 {
		if _, err := s.Detections.Put(t.Context(), big); !errors.Is(err, store.ErrFull) {
			t.Fatalf("wrote on a full disk: %v", err)
		}
	}
	if h := HealthOf(s); !h.FullSince.Equal(clock()) {
		t.Errorf("full since %s, want %s", h.FullSince, clock())
	}
	checkKept(t, s, kept)
	makeRoom()
	if _, err := s.Detections.Put(t.Context(), big); err != nil {
		t.Fatalf("space is back, and: %v", err)
	}
	if h := HealthOf(s); !h.FullSince.IsZero() {
		t.Errorf("space is back, and full since %s", h.FullSince)
	}
	kept[big.ID] = true
	checkKept(t, s, kept)
}

// checkKept wants what was stored, found and with its event, and nothing else.
func checkKept(t *testing.T, s *store.Store, kept map[string]bool) {
	t.Helper()
	c := crash{revisions: map[string]int64{}, published: map[string]bool{}}
	for id := range kept {
		c.revisions[id] = 1
	}
	stored := c.checkDetections(t, s)
	if len(stored) != len(kept) {
		t.Errorf("%d detections are found, %d were stored", len(stored), len(kept))
	}
	c.checkEvents(t, s, stored)
	for id := range kept {
		if d, err := s.Detections.Get(t.Context(), id); err != nil || d.Status != events.StatusOpen {
			t.Fatalf("%s: %v", id, err)
		}
	}
}
