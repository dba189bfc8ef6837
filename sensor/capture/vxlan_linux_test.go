package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// listen opens sockets on a free port of loopback, and a socket that sends to them.
func listen(t testing.TB, workers int, options ...Option) ([]Source, *net.UDPConn) {
	t.Helper()
	all, err := ListenVXLAN("127.0.0.1:0", workers, options...)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		t.Cleanup(func() { s.Close() })
	}
	to, err := net.DialUDP("udp", nil, all[0].(*socket).LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { to.Close() })
	return all, to
}

// collect reads a source until it has nothing more.
func collect(t testing.TB, s Source) (all []Frame) {
	t.Helper()
	b := NewBatch()
	for {
		if err := s.Next(b); err != nil {
			t.Fatal(err)
		}
		if len(b.Frames) == 0 {
			return all
		}
		for _, f := range b.Frames {
			f.Data = append([]byte(nil), f.Data...)
			all = append(all, f)
		}
	}
}

// conversations are 200 of most kinds.
func conversations() (all []talk) {
	for i := range uint32(200) {
		c := talk{proto: 6, a: 0x0a000001 + i, b: 0x0a000100, portA: uint16(40000 + i), portB: 443}
		switch i % 4 {
		case 1:
			c.proto, c.portB = 17, 53
		case 2:
			c.six = true
		case 3:
			c.tags = 1
		}
		all = append(all, c)
	}
	return all
}

// meets checks that each conversation of the frames is whole in one worker, and that each worker has a fair share.
func meets(t *testing.T, byWorker [][]Frame) {
	t.Helper()
	at, total := map[string]int{}, 0
	for w, frames := range byWorker {
		for _, f := range frames {
			// The last 16 bytes are the ports and padding, in which every conversation has its own client port.
			ports := f.Data[len(f.Data)-16:]
			key := fmt.Sprint(max(binary.BigEndian.Uint16(ports), binary.BigEndian.Uint16(ports[2:])))
			if was, ok := at[key]; ok && was != w {
				t.Errorf("conversation %s is in workers %d and %d", key, was, w)
			}
			at[key] = w
		}
		total += len(frames)
	}
	if len(at) != 200 || total != 400 {
		t.Fatalf("%d conversations in %d frames, want 200 in 400", len(at), total)
	}
	for w, frames := range byWorker {
		if fair := 400 / len(byWorker); len(frames) < fair/2 || len(frames) > 2*fair {
			t.Errorf("worker %d has %d frames, a fair share is %d", w, len(frames), fair)
		}
	}
}

func TestListenMeets(t *testing.T) {
	for _, workers := range []int{1, 2, 4} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			all, to := listen(t, workers)
			before := time.Now().UnixNano()
			for _, c := range conversations() {
				for vni, back := range []bool{false, true} {
					if _, err := to.Write(inVXLAN(uint32(vni), c.frame(back))); err != nil {
						t.Fatal(err)
					}
				}
			}
			var got [][]Frame
			from := to.LocalAddr().(*net.UDPAddr).AddrPort()
			for _, s := range all {
				frames := collect(t, s)
				got = append(got, frames)
				for _, f := range frames {
					if f.Link != LinkVXLAN || f.From != packet.AddrOf(from.Addr()) || f.FromPort != from.Port() {
						t.Fatalf("link %d from %v:%d, want %d from %v", f.Link, f.From.Netip(), f.FromPort, LinkVXLAN, from)
					}
					if now := time.Now().UnixNano(); f.Time < before-1e9 || f.Time > now+1e9 {
						t.Fatalf("time %d is not between %d and %d", f.Time, before, now)
					}
				}
				if st := s.Stats(); st.Packets != uint64(len(frames)) || st.KernelDrops != 0 || st.ReceiveBuffer == 0 {
					t.Errorf("stats %+v with %d frames", st, len(frames))
				}
			}
			meets(t, got)
		})
	}
}

// TestListenSizes: datagrams keep their bytes in a batch filled by several calls, and one that is too large is cut.
func TestListenSizes(t *testing.T) {
	all, to := listen(t, 1)
	sizes := []int{0, 1, 60, 1500, 8981, datagram, datagram + 1, 20000}
	for i := range 200 {
		if _, err := to.Write(numbered(i, sizes[i%len(sizes)])); err != nil {
			t.Fatal(err)
		}
	}
	got := collect(t, all[0])
	if len(got) != 200 {
		t.Fatalf("%d frames, want 200", len(got))
	}
	for i, f := range got {
		size := sizes[i%len(sizes)]
		want := numbered(i, min(size, datagram))
		if f.Length != size || string(f.Data) != string(want) {
			t.Fatalf("frame %d: %d bytes of %d, want %d of %d", i, len(f.Data), f.Length, len(want), size)
		}
	}
	if st := all[0].Stats(); st.Truncated != 50 {
		t.Errorf("%d truncated, want 50", st.Truncated)
	}
}

// TestListenDrops: what the kernel throws away while nobody reads is counted, to the last datagram.
func TestListenDrops(t *testing.T) {
	all, to := listen(t, 1, ReceiveBuffer(64<<10))
	const sent = 2000
	for i := range sent {
		if _, err := to.Write(numbered(i, 500)); err != nil {
			t.Fatal(err)
		}
	}
	drops := all[0].Stats().KernelDrops
	got := len(collect(t, all[0]))
	if drops == 0 || drops+uint64(got) != sent {
		t.Errorf("%d dropped and %d received of %d", drops, got, sent)
	}
}

func TestListenRefused(t *testing.T) {
	all, _ := listen(t, 2)
	addr := all[0].(*socket).LocalAddr().String()
	_, err := ListenVXLAN(addr, 2)
	if !errors.Is(err, syscall.EADDRINUSE) || err.Error() != "udp "+addr+": address already in use" {
		t.Errorf("port in use: %v", err)
	}
	_, err = ListenVXLAN("192.0.2.1", 1) // TEST-NET-1 (RFC 5737): no machine has it
	if !errors.Is(err, syscall.EADDRNOTAVAIL) || !strings.HasPrefix(err.Error(), "udp 192.0.2.1:4789: ") {
		t.Errorf("address of another machine: %v", err)
	}
	for _, s := range all {
		s.Close()
	}
	again, err := ListenVXLAN(addr, 1)
	if err != nil {
		t.Fatalf("after Close: %v", err)
	}
	again[0].Close()
}

func TestListenClose(t *testing.T) {
	all, _ := listen(t, 1)
	closes(t, all[0])
}

// closes checks that Close ends a source that waits.
func closes(t *testing.T, s Source) {
	t.Helper()
	ended := make(chan error)
	go func() {
		b := NewBatch()
		for {
			if err := s.Next(b); err != nil {
				ended <- err
				return
			}
		}
	}()
	time.Sleep(10 * time.Millisecond)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	select {
	case err := <-ended:
		if err != io.EOF {
			t.Errorf("Next gives %v after Close, want EOF", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Next does not return after Close")
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
	s.Stats()
}

func TestListenNoAllocation(t *testing.T) {
	all, to := listen(t, 1)
	b := NewBatch()
	data := inVXLAN(1, talk{proto: 6}.frame(false))
	if got := testing.AllocsPerRun(100, func() {
		to.Write(data)
		if err := all[0].Next(b); err != nil || len(b.Frames) == 0 {
			t.Fatalf("%d frames, %v", len(b.Frames), err)
		}
	}); got != 0 {
		t.Errorf("%v allocations a batch", got)
	}
}

func TestSenderForms(t *testing.T) {
	all, err := ListenVXLAN("[::]:0", 1)
	if err != nil {
		t.Skip("SKIPPED: no IPv6 here: ", err)
	}
	defer all[0].Close()
	port := all[0].(*socket).LocalAddr().(*net.UDPAddr).Port
	for _, host := range []string{"127.0.0.1", "::1"} {
		to, err := net.Dial("udp", net.JoinHostPort(host, fmt.Sprint(port)))
		if err != nil {
			t.Fatal(err)
		}
		defer to.Close()
		if _, err := to.Write([]byte("x")); err != nil {
			t.Log("SKIPPED sending to ", host, ": ", err)
			continue
		}
		got := collect(t, all[0])
		if len(got) != 1 || got[0].From.Netip() != netip.MustParseAddr(host) {
			t.Errorf("from %s: %+v", host, got)
		}
	}
}
