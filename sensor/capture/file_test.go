package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

var (
	little = binary.AppendByteOrder(binary.LittleEndian)
	big    = binary.AppendByteOrder(binary.BigEndian)
)

func sameFrames(t *testing.T, got, want []Frame) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d frames, want %d", len(got), len(want))
	}
	for i, g := range got {
		w := want[i]
		if g.Time != w.Time || g.Length != w.Length || g.Link != w.Link || !bytes.Equal(g.Data, w.Data) {
			t.Errorf("frame %d: time %d length %d link %d data %x\nwant    time %d length %d link %d data %x",
				i, g.Time, g.Length, g.Link, g.Data, w.Time, w.Length, w.Link, w.Data)
		}
	}
}

func TestPcapForms(t *testing.T) {
	for _, c := range []struct {
		name  string
		magic uint32
		unit  int64
		link  uint32
		want  packet.LinkType
	}{
		{"microseconds", pcapMicro, 1000, 1, packet.LinkEthernet},
		{"nanoseconds", pcapNano, 1, 101, packet.LinkRaw},
		{"modified", pcapModified, 1000, 113, packet.LinkLinuxSLL},
		{"with frame check sequence", pcapMicro, 1000, 0x24000001, packet.LinkEthernet},
	} {
		for _, o := range []binary.AppendByteOrder{little, big} {
			t.Run(c.name+" "+o.String(), func(t *testing.T) {
				data := pcapFile{order: o, magic: c.magic, link: c.link}.write(
					record{sec: 1, frac: 999_999, data: numbered(1, 60)},
					record{sec: 0xffff_ffff, frac: 1, length: 1500, data: numbered(2, 96)},
					record{sec: 2, frac: 0xffff_ffff, length: 3, data: numbered(3, 7)}, // out of range, and longer than it was
					record{sec: 3},
				)
				got, stats, err := readBytes(data)
				if err != nil {
					t.Fatal(err)
				}
				sameFrames(t, got, []Frame{
					{Time: 1e9 + 999_999*c.unit, Data: numbered(1, 60), Length: 60, Link: c.want},
					{Time: 0xffff_ffff*1e9 + c.unit, Data: numbered(2, 96), Length: 1500, Link: c.want},
					{Time: 2e9 + 0xffff_ffff*c.unit, Data: numbered(3, 7), Length: 7, Link: c.want},
					{Time: 3e9, Link: c.want},
				})
				if stats.Packets != 4 || stats.Bytes != 163 || stats.Truncated != 1 {
					t.Errorf("stats %+v", stats)
				}
			})
		}
	}
}

// TestCutAnywhere cuts each form at every byte: what is whole before the cut must be given.
func TestCutAnywhere(t *testing.T) {
	plain := pcapFile{order: little, magic: pcapMicro, link: 1}.write(
		record{data: numbered(0, 60)}, record{data: numbered(1, 0)}, record{data: numbered(2, 33)})
	ng, _ := mixed(big)
	for name, data := range map[string][]byte{"pcap": plain, "pcapng": ng} {
		whole, _, err := readBytes(data)
		if err != nil {
			t.Fatal(err)
		}
		before := 0
		for cut := range data {
			got, _, err := readBytes(data[:cut])
			if len(got) < before || len(got) > len(whole) {
				t.Fatalf("%s cut at %d: %d frames, %d when cut a byte before", name, cut, len(got), before)
			}
			sameFrames(t, got, whole[:len(got)])
			if before = len(got); err != nil && !strings.Contains(err.Error(), "cut short") && cut >= 12 &&
				!strings.Contains(err.Error(), "link type") {
				t.Fatalf("%s cut at %d: %v", name, cut, err)
			}
		}
		if before != len(whole)-1 {
			t.Errorf("%s without its last byte has %d frames, want %d", name, before, len(whole)-1)
		}
	}
}

// TestGzipCutKeepsFrames: what could be decompressed before the cut is given.
func TestGzipCutKeepsFrames(t *testing.T) {
	var all []record
	for i := range 20000 {
		all = append(all, record{sec: uint32(i), data: []byte(fmt.Sprint(i * 7919))})
	}
	data := zipped(t, pcapFile{order: little, magic: pcapMicro, link: 1}.write(all...))
	s, err := OpenFile(saved(t, "a.pcap.gz", data[:len(data)-1000]))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got, err := drain(s)
	if err == nil || !strings.Contains(err.Error(), "gzip data is cut short") {
		t.Errorf("error %v", err)
	}
	if len(got) < 18000 || len(got) >= 20000 {
		t.Errorf("%d of 20000 frames", len(got))
	}
}

// TestBatchesInFlight fills four batches before it looks at any: each must still hold its own frames. The file has packets
// of many sizes, so that records lie across every chunk's and batch's end, and blocks larger than a batch.
func TestBatchesInFlight(t *testing.T) {
	b := blocks{little}
	var data bytes.Buffer
	data.Write(b.section())
	data.Write(b.face(1, 0))
	sizes := []int{0, 60, 1514, 9001, 90, 65535, 61, maxSnap, 42}
	const count = 3000
	for i := range count {
		if i%1000 == 500 {
			data.Write(b.block(11, make([]byte, 3<<20+i)))
		}
		data.Write(b.packet(0, uint64(i), 0, numbered(i, sizes[i*i%len(sizes)]%(1+i*40))))
	}
	for name, bytes := range map[string][]byte{"plain": data.Bytes(), "gzip": zipped(t, data.Bytes())} {
		t.Run(name, func(t *testing.T) {
			path := saved(t, "a.pcapng", bytes)
			s, err := OpenFile(path)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			next := 0
			batches := []*Batch{NewBatch(), NewBatch(), NewBatch(), NewBatch()}
			for err != io.EOF {
				for _, b := range batches {
					if err = s.Next(b); err != nil && err != io.EOF {
						t.Fatal(err)
					}
				}
				for _, b := range batches {
					next = checkNumbered(t, b, next, sizes)
				}
			}
			if next != count {
				t.Errorf("%d frames, want %d", next, count)
			}
			if st := s.Stats(); st.ReadBytes != st.Size || st.Size != int64(len(bytes)) {
				t.Errorf("read %d of %d bytes, file has %d", st.ReadBytes, st.Size, len(bytes))
			}
		})
	}
}

func checkNumbered(t *testing.T, b *Batch, next int, sizes []int) int {
	t.Helper()
	for _, f := range b.Frames {
		if want := numbered(next, sizes[next*next%len(sizes)]%(1+next*40)); f.Time != int64(next)*1000 || !bytes.Equal(f.Data, want) {
			t.Fatalf("frame %d: time %d, %d bytes, want %d", next, f.Time, len(f.Data), len(want))
		}
		next++
	}
	return next
}

// TestPipe: packets that come slowly are given when they come, and Close ends a Next that waits for more.
func TestPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	w.Write(pcapFile{order: little, magic: pcapMicro, link: 1}.write(record{data: numbered(0, 60)}))
	s, err := OpenFile(fmt.Sprintf("/proc/self/fd/%d", r.Fd()))
	if err != nil {
		t.Skip("SKIPPED: no /proc to open a pipe by name: ", err)
	}
	b := NewBatch()
	if err := s.Next(b); err != nil || len(b.Frames) != 1 {
		t.Fatalf("%d frames, %v", len(b.Frames), err)
	}
	ended := make(chan error)
	go func() { ended <- s.Next(b) }()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != io.EOF {
			t.Errorf("got %v, want EOF", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Next does not return after Close")
	}
}

// TestNoAllocation: reading allocates nothing a batch.
func TestNoAllocation(t *testing.T) {
	var all []record
	for i := range 3 * MaxFrames {
		all = append(all, record{data: numbered(i, 60)})
	}
	ring := &repeated{data: pcapFile{order: little, magic: pcapMicro, link: 1}.write(all...)}
	f := &file{in: &input{name: "memory", bytes: ring}}
	if err := f.start(); err != nil {
		t.Fatal(err)
	}
	b := NewBatch()
	got := testing.AllocsPerRun(100, func() {
		if err := f.Next(b); err != nil {
			t.Fatal(err)
		}
	})
	if got != 0 {
		t.Errorf("%v allocations a batch", got)
	}
}

// repeated is a capture whose packets never end.
type repeated struct {
	data []byte
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.data[r.at:])
	if r.at += n; r.at == len(r.data) {
		r.at = pcapHeader
	}
	return n, nil
}

func BenchmarkFile(b *testing.B) {
	ring := &repeated{data: pcapFile{order: little, magic: pcapMicro, link: 1}.write(
		record{data: numbered(1, 110)}, record{data: numbered(2, 110)}, record{data: numbered(3, 1550)})}
	for len(ring.data) < 4<<20 {
		ring.data = append(ring.data, ring.data[pcapHeader:]...)
	}
	f := &file{in: &input{name: "memory", bytes: ring}}
	if err := f.start(); err != nil {
		b.Fatal(err)
	}
	batch := NewBatch()
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += len(batch.Frames) {
		if err := f.Next(batch); err != nil {
			b.Fatal(err)
		}
	}
}
