package e2e

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestFullDisk fills the disk under a running server: it says so, keeps what is there, answers, and goes on when there is room.
func TestFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("starts whole servers, which the race detector does not see")
	}
	if os.Getuid() != 0 {
		t.Skip("not root: no small disk can be mounted, so a full one is not tested")
	}
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=24m"); err != nil {
		t.Skipf("no small disk can be mounted here (%v), so a full one is not tested", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	side := freeTCP(t)
	r := serve(t, filepath.Join(disk, "data"), "--side", side)
	c := r.as(r.key())
	m, err := dialMirror(r.packets)
	if err != nil {
		t.Fatal(err)
	}
	m.attack(netip.MustParseAddr("10.100.0.1"), netip.MustParseAddr("10.20.0.1"))
	wait(t, 30*time.Second, "the first detection", func() bool { all, err := walk(c); return err == nil && len(all) == 1 })

	ballast := filepath.Join(disk, "ballast")
	fill(t, ballast)
	n := byte(0)
	wait(t, 30*time.Second, "the server says that it is full", func() bool {
		n++
		m.attack(netip.AddrFrom4([4]byte{10, 100, 1, n}), netip.MustParseAddr("10.20.0.1"))
		return strings.Contains(health(side), "no space left")
	})
	if all, err := walk(c); err != nil || len(all) == 0 {
		t.Errorf("what is there cannot be read: %d, %v", len(all), err)
	}
	if !strings.Contains(r.Log.String(), "no space left") {
		t.Errorf("the log says nothing: %s", r.Log)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	wait(t, 30*time.Second, "the server is well again", func() bool { return !strings.Contains(health(side), "no space left") })
	m.attack(netip.MustParseAddr("10.100.2.1"), netip.MustParseAddr("10.20.0.1"))
	wait(t, 30*time.Second, "what came while the disk was full, and after", func() bool {
		all, err := walk(c)
		return err == nil && len(all) >= int(n)
	})
	r.stop()
}

func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for b := make([]byte, 64<<10); ; {
		if _, err := f.Write(b); err != nil {
			if b = b[:len(b)/2]; len(b) < 512 {
				return
			}
		}
	}
}
