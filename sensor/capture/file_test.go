package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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

// mixed is a pcapng file with most of what the format has, and the frames in it.
func mixed(o binary.AppendByteOrder) ([]byte, []Frame) {
	b := blocks{o}
	offset := make([]byte, 8)
	binary.LittleEndian.PutUint64(offset, 1_000_000)
	if o == big {
		binary.BigEndian.PutUint64(offset, 1_000_000)
	}
	data := bytes.Join([][]byte{
		b.section(),
		b.face(1, 0, b.option(2, []byte("eth0")...)),        // 0: microseconds
		b.face(101, 50, b.option(optionResolution, 9)),      // 1: nanoseconds
		b.face(113, 0, b.option(optionResolution, 0x80|10)), // 2: 1/1024 s
		b.face(147, 0), // 3: nothing reads it
		b.face(1, 0, b.option(optionResolution, 3), b.option(optionOffset, offset...)), // 4
		b.face(1, 0, b.option(optionResolution, 12)),                                   // 5: picoseconds
		b.packet(0, 1_500_000, 1500, numbered(0, 61)),
		b.block(5, b.words(0, 0, 0)), // interface statistics
		b.packet(1, 1<<60+7, 40, numbered(1, 40)),
		b.packet(2, 3*1024+512, 40, numbered(2, 40)),
		b.packet(3, 1, 40, numbered(3, 40)),
		b.packet(4, 1500, 40, numbered(4, 40)),
		b.packet(5, 2_000_000_001_999, 40, numbered(5, 40)),
		b.block(blockSimplePacket, b.words(42), numbered(6, 42)),
		b.block(blockObsoletePacket, b.halves(1, 9), b.words(0, 77, 5, 6), numbered(7, 5)),
		b.section(), // no interface of the first section is left
		b.face(276, 0),
		b.packet(0, 10, 3, numbered(8, 3)),
	}, nil)
	return data, []Frame{
		{Time: 1_500_000_000, Data: numbered(0, 61), Length: 1500, Link: packet.LinkEthernet},
		{Time: 1<<60 + 7, Data: numbered(1, 40), Length: 40, Link: packet.LinkRaw},
		{Time: 3_500_000_000, Data: numbered(2, 40), Length: 40, Link: packet.LinkLinuxSLL},
		{Time: 1_000_001_500_000_000, Data: numbered(4, 40), Length: 40, Link: packet.LinkEthernet},
		{Time: 2_000_000_001, Data: numbered(5, 40), Length: 40, Link: packet.LinkEthernet},
		{Time: 2_000_000_001, Data: numbered(6, 42), Length: 42, Link: packet.LinkEthernet},
		{Time: 77, Data: numbered(7, 5), Length: 6, Link: packet.LinkRaw},
		{Time: 10_000, Data: numbered(8, 3), Length: 3, Link: packet.LinkLinuxSLL2},
	}
}

func TestPcapng(t *testing.T) {
	for _, o := range []binary.AppendByteOrder{little, big} {
		t.Run(o.String(), func(t *testing.T) {
			data, want := mixed(o)
			got, stats, err := readBytes(data)
			if err != nil {
				t.Fatal(err)
			}
			sameFrames(t, got, want)
			if stats.Skipped != 1 {
				t.Errorf("%d skipped, want 1", stats.Skipped)
			}
		})
	}
	t.Run("sections of both orders", func(t *testing.T) {
		a, wantA := mixed(little)
		b, wantB := mixed(big)
		got, _, err := readBytes(append(a, b...))
		if err != nil {
			t.Fatal(err)
		}
		// The simple packet's time is that of the packet before it, so both halves are as they are alone.
		sameFrames(t, got, append(wantA, wantB...))
	})
}

// TestErrors holds each fault to its one line.
func TestErrors(t *testing.T) {
	b := blocks{little}
	plain := pcapFile{order: little, magic: pcapMicro, link: 1}
	two := plain.write(record{data: numbered(0, 60)}, record{data: numbered(1, 60)})
	huge := plain.write(record{data: numbered(0, 60)}, record{data: make([]byte, maxSnap+1)})
	compressed := zipped(t, two)
	old := plain
	old.major = 1
	unknown := plain
	unknown.link = 147
	face, pkt := b.face(1, 0), b.packet(0, 0, 60, numbered(0, 60))
	ng := func(parts ...[]byte) []byte { return append(b.section(), bytes.Join(parts, nil)...) }
	for _, c := range []struct {
		name   string
		data   []byte
		frames int
		want   string
	}{
		{"empty", nil, 0, "empty file"},
		{"text", []byte("hello, this is not a capture file\n"), 0, "not a capture: begins neither as pcap nor as pcapng"},
		{"one byte", []byte{0xd4}, 0, "not a capture: begins neither as pcap nor as pcapng"},
		{"header cut", two[:10], 0, "cut short in the file header: 10 of 24 bytes are there"},
		{"version", old.write(), 0, "pcap version 1.4 is not one that can be read"},
		{"link type", unknown.write(record{data: numbered(0, 9)}), 0, "link type 147 is not one that can be read"},
		{"record cut", two[:len(two)-50], 1, "cut short in packet 2 at byte 100: 10 of 60 bytes are there"},
		{"record header cut", two[:107], 1, "cut short in the header of packet 2 at byte 100: 7 of 16 bytes are there"},
		{"huge packet", huge, 1, "corrupt at byte 100: packet 2 claims 262145 bytes, more than any capture takes of one (262144)"},
		{"gzip cut", compressed[:len(compressed)-4], 2, fmt.Sprintf("gzip data is cut short at byte %d", len(compressed)-4)},
		{"gzip empty", []byte{0x1f, 0x8b}, 0, "gzip data is cut short at byte 2"},
		{"gzip corrupt", append([]byte{0x1f, 0x8b, 9}, make([]byte, 20)...), 0, "gzip data is corrupt before byte 23"},
		{"gzip of nothing", zipped(t, nil), 0, "empty file"},
		{"gzip of text", zipped(t, []byte("hello")), 0, "not a capture: begins neither as pcap nor as pcapng"},
		{"pcapng link type", ng(b.face(147, 0), pkt), 0, "link type 147 is not one that can be read"},
		{"pcapng block cut", ng(face, pkt, pkt)[:28+20+92+30], 1, "cut short in packet 2 at byte 140: 30 of 92 bytes are there"},
		{"pcapng header cut", ng(face, pkt)[:28+20+7], 0, "cut short in the header of a block at byte 48: 7 of 12 bytes are there"},
		{"pcapng other block cut", ng(face, pkt, b.block(11, make([]byte, 100)))[:28+20+92+30], 1,
			"cut short in a block that ends at byte 252: 82 bytes are missing"},
		{"pcapng no interface", ng(face, b.packet(1, 0, 4, numbered(0, 4))), 0,
			"corrupt at byte 48: packet 1 is from interface 1, of which there is no description"},
		{"pcapng odd length", ng(face, pkt, b.words(6, 33), make([]byte, 40)), 1,
			"corrupt at byte 140: a block of type 6 states a length of 33 bytes, which no block has"},
		{"pcapng lengths differ", ng(face, pkt, b.words(6, 32), make([]byte, 24)), 1,
			"corrupt at byte 140: a block states 32 bytes at its start and 0 at its end"},
		{"pcapng huge packet block", ng(face, pkt, b.words(6, maxWhole+4), make([]byte, 24)), 1,
			"corrupt at byte 140: a block of type 6 states a length of 327684 bytes, more than the limit of 327680"},
		{"pcapng huge block", ng(face, pkt, b.words(11, maxBlock+4), make([]byte, 24)), 1,
			"corrupt at byte 140: a block of type 11 states a length of 16777220 bytes, more than the limit of 16777216"},
		{"pcapng packet beyond block", ng(face, b.block(blockPacket, b.words(0, 0, 0, 61, 61), make([]byte, 60))), 0,
			"corrupt at byte 48: packet 1 claims 61 bytes in a block with room for 60"},
		{"pcapng version", b.block(blockSection, b.words(byteOrderMagic), b.halves(2, 1), make([]byte, 8)), 0,
			"corrupt at byte 0: pcapng version 2.1 is not one that can be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := saved(t, "a.pcap", c.data)
			var got []Frame
			s, err := OpenFile(name)
			if err == nil {
				got, err = drain(s)
				if again := s.Next(NewBatch()); again != err {
					t.Errorf("then %v", again)
				}
				s.Close()
			}
			var input *InputError
			if !errors.As(err, &input) || err.Error() != name+": "+c.want {
				t.Errorf("got  %v\nwant %s: %s", err, name, c.want)
			}
			if len(got) != c.frames {
				t.Errorf("%d frames, want %d", len(got), c.frames)
			}
		})
	}
}

func TestUnopenable(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing.pcap")
	if _, err := OpenFile(missing); !errors.Is(err, fs.ErrNotExist) || err.Error() != missing+": no such file or directory" {
		t.Errorf("missing: %v", err)
	}
	if _, err := OpenFile(dir); err == nil || err.Error() != dir+": is a directory" {
		t.Errorf("directory: %v", err)
	}
	locked := saved(t, "locked.pcap", nil)
	os.Chmod(locked, 0)
	if os.Getuid() == 0 {
		t.Log("SKIPPED the unreadable file: the superuser reads everything")
	} else if _, err := OpenFile(locked); !errors.Is(err, fs.ErrPermission) || err.Error() != locked+": permission denied" {
		t.Errorf("unreadable: %v", err)
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

// TestInterfaceLimit reaches the bound on what a section may describe.
func TestInterfaceLimit(t *testing.T) {
	b := blocks{little}
	at := append(b.section(), bytes.Repeat(b.face(1, 0), maxInterfaces)...)
	if _, _, err := readBytes(at); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if _, _, err := readBytes(append(at, b.face(1, 0)...)); err == nil || !strings.Contains(err.Error(), "more interfaces than") {
		t.Errorf("beyond the limit: %v", err)
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
