package capture

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// inNamespace runs a test in a network namespace of its own, with a pair of interfaces "tap" and "far", on a thread that
// ends with it.
func inNamespace(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	done := make(chan string)
	go func() {
		runtime.LockOSThread()
		skip := ""
		defer func() { done <- skip }()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			skip = "no network namespace: " + err.Error()
			return
		}
		for _, line := range []string{"link set lo up", "link add tap type veth peer name far",
			"link set tap addrgenmode none up", "link set far addrgenmode none up"} {
			if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
				skip = fmt.Sprintf("ip %s: %v %s", line, err, out)
				return
			}
		}
		f(t)
	}()
	if skip := <-done; skip != "" {
		t.Skip("SKIPPED: ", skip)
	}
}

// sender sends frames out of an interface.
func frameSender(t *testing.T, iface string) func([]byte) {
	face, err := net.InterfaceByName(iface)
	if err != nil {
		t.Error(err)
		return func([]byte) {}
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Error(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	to := &unix.SockaddrLinklayer{Ifindex: face.Index}
	return func(b []byte) {
		if err := unix.Sendto(fd, b, 0, to); err != nil {
			t.Error("send frame: ", err)
		}
	}
}

// ours keeps the frames that a test sent.
func ours(all []Frame) (kept []Frame) {
	for _, f := range all {
		if bytes.HasPrefix(f.Data, []byte{2, 0, 0, 0, 0, 1, 2}) {
			kept = append(kept, f)
		}
	}
	return kept
}

// TestRingMeets sends one direction of each conversation into the interface and the other out of it, plain and in VXLAN.
func TestRingMeets(t *testing.T) {
	envelope := map[string]func([]byte) []byte{
		"plain": func(b []byte) []byte { return b },
		"VXLAN": func(b []byte) []byte {
			outer := talk{proto: 17, a: 1, b: 2, portA: 65500, portB: vxlanPort, options: 4}.frame(false)
			return append(outer[:14+24+8], inVXLAN(5, b)...)
		},
	}
	for name, wrap := range envelope {
		for _, workers := range []int{1, 2, 4} {
			t.Run(fmt.Sprint(name, " ", workers), func(t *testing.T) {
				inNamespace(t, func(t *testing.T) {
					all, err := OpenRing("tap", workers, ReceiveBuffer(4<<20))
					if err != nil {
						t.Error(err)
						return
					}
					in, out := frameSender(t, "far"), frameSender(t, "tap")
					want := map[string]bool{}
					for _, c := range conversations() {
						in(wrap(c.frame(false)))
						out(wrap(c.frame(true)))
						want[string(wrap(c.frame(false)))], want[string(wrap(c.frame(true)))] = true, true
					}
					got := make([][]Frame, workers)
					for i, s := range all {
						defer s.Close()
						got[i] = ours(collect(t, s))
						for _, f := range got[i] {
							if !want[string(f.Data)] || f.Length != len(f.Data) || f.Link != packet.LinkEthernet || f.Time == 0 {
								t.Errorf("not sent: %x, length %d, link type %d, time %d", f.Data, f.Length, f.Link, f.Time)
							}
						}
					}
					meets(t, got)
				})
			})
		}
	}
}

// TestRingLoopback: a packet that the host sends to itself is seen once, by one ring or by all of a group together.
func TestRingLoopback(t *testing.T) {
	for _, workers := range []int{1, 2} {
		inNamespace(t, func(t *testing.T) {
			all, err := OpenRing("lo", workers)
			if err != nil {
				t.Error(err)
				return
			}
			to, err := net.Dial("udp", "127.0.0.1:9")
			if err != nil {
				t.Error(err)
				return
			}
			defer to.Close()
			to.Write([]byte("only once"))
			count := 0
			for _, ring := range all {
				for _, f := range collect(t, ring) {
					if bytes.HasSuffix(f.Data, []byte("only once")) && f.Data[14+9] == 17 {
						count++
					}
				}
				ring.Close()
			}
			if count != 1 {
				t.Errorf("%d workers: seen %d times", workers, count)
			}
		})
	}
}

// TestRingDrops overruns a ring that nobody reads; everything is either given or counted.
func TestRingDrops(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		all, err := OpenRing("tap", 1, ReceiveBuffer(2*ringBlock))
		if err != nil {
			t.Error(err)
			return
		}
		defer all[0].Close()
		in := frameSender(t, "far")
		frame := append(talk{proto: 6}.frame(false), make([]byte, 1400)...)
		const sent = 2000
		for range sent {
			in(frame)
		}
		drops := all[0].Stats().KernelDrops
		got := ours(collect(t, all[0]))
		if drops == 0 || all[0].Stats().KernelDrops != drops || len(got)+int(drops) != sent {
			t.Errorf("%d dropped and %d received of %d", drops, len(got), sent)
		}
		for i, f := range got {
			if !bytes.Equal(f.Data, frame) {
				t.Errorf("frame %d is not what was sent", i)
				break
			}
		}
	})
}

func TestRingRefused(t *testing.T) {
	if _, err := OpenRing("none0", 1); err == nil || err.Error() != "interface none0: no such network interface" {
		t.Errorf("no such interface: %v", err)
	}
	if unix.Getuid() == 0 {
		t.Log("SKIPPED the refusal: the superuser may open a ring")
	} else if _, err := OpenRing("lo", 1); !errors.Is(err, syscall.EPERM) || err.Error() != "interface lo: operation not permitted" {
		t.Errorf("not permitted: %v", err)
	}
}

func TestRingEnds(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		all, err := OpenRing("tap", 2)
		if err != nil {
			t.Error(err)
			return
		}
		closes(t, all[0])
		if err := exec.Command("ip", "link", "del", "tap").Run(); err != nil {
			t.Error(err)
		}
		b := NewBatch()
		for err == nil {
			err = all[1].Next(b)
		}
		if err.Error() != "interface tap: was removed" {
			t.Errorf("after the interface is removed: %v", err)
		}
		all[1].Close()
	})
}
