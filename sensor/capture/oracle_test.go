package capture

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

// pcapgoFrames reads a capture with gopacket's reader, to the first fault it finds.
func pcapgoFrames(data []byte) (all []Frame, clean bool) {
	defer func() { _ = recover() }() // gopacket divides by zero at some time resolutions
	type reader interface {
		ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
	}
	var r reader
	var err error
	if isPcapng(data) {
		r, err = pcapgo.NewNgReader(bytes.NewReader(data), pcapgo.NgReaderOptions{WantMixedLinkType: true})
	} else {
		r, err = pcapgo.NewReader(bytes.NewReader(data))
	}
	if err != nil {
		return nil, false
	}
	for {
		data, info, err := r.ReadPacketData()
		if err != nil {
			return all, err == io.EOF
		}
		all = append(all, Frame{Time: info.Timestamp.UnixNano(), Data: data, Length: info.Length})
	}
}

// TestPcapgoWrites reads what gopacket writes.
func TestPcapgoWrites(t *testing.T) {
	var micro, nano, ng bytes.Buffer
	m, n := pcapgo.NewWriter(&micro), pcapgo.NewWriterNanos(&nano)
	m.WriteFileHeader(65536, layers.LinkTypeEthernet)
	n.WriteFileHeader(65536, layers.LinkTypeEthernet)
	w, err := pcapgo.NewNgWriter(&ng, layers.LinkTypeEthernet)
	if err != nil {
		t.Fatal(err)
	}
	var want []Frame
	for i := range 5000 {
		f := Frame{Time: 1_700_000_000_000_000_000 + int64(i)*1_000_003_000, Data: numbered(i, i%1400), Length: i%1400 + i%3, Link: 1}
		info := gopacket.CaptureInfo{Timestamp: time.Unix(0, f.Time), CaptureLength: len(f.Data), Length: f.Length}
		for _, w := range []interface {
			WritePacket(gopacket.CaptureInfo, []byte) error
		}{m, n, w} {
			if err := w.WritePacket(info, f.Data); err != nil {
				t.Fatal(err)
			}
		}
		want = append(want, f)
	}
	w.Flush()
	for name, data := range map[string][]byte{"micro": micro.Bytes(), "nano": nano.Bytes(), "pcapng": ng.Bytes()} {
		t.Run(name, func(t *testing.T) {
			got, _, err := readBytes(data)
			if err != nil {
				t.Fatal(err)
			}
			sameFrames(t, got, want)
		})
	}
}

// FuzzFile reads hostile files. What gopacket reads of one must be read the same; it refuses more than we do, and knows no
// limits.
func FuzzFile(f *testing.F) {
	f.Add(pcapFile{order: little, magic: pcapMicro, link: 1}.write(record{sec: 1, frac: 2, data: numbered(0, 60)}, record{}))
	f.Add(pcapFile{order: big, magic: pcapNano, link: 101}.write(record{sec: 1, frac: 2, data: numbered(0, 60)}))
	f.Add(pcapFile{order: big, magic: pcapModified, link: 101}.write(record{sec: 1, frac: 2, data: numbered(0, 60)}))
	a, _ := mixed(little)
	b, _ := mixed(big)
	f.Add(a)
	f.Add(b)
	batch := NewBatch()
	f.Fuzz(func(t *testing.T, data []byte) {
		in := &input{name: "memory", bytes: bytes.NewReader(data)}
		s := &file{in: in}
		if err := s.start(); err != nil {
			return
		}
		got, err := drainBy(batch, s)
		var input *InputError
		if err != nil && (!errors.As(err, &input) || strings.Contains(err.Error(), "\n")) {
			t.Fatalf("error %v", err)
		}
		for i, g := range got {
			if len(g.Data) > maxSnap || g.Length < len(g.Data) || !packet.Supported(g.Link) {
				t.Fatalf("frame %d: %d bytes of %d, link type %d", i, len(g.Data), g.Length, g.Link)
			}
		}
		if s.Stats().Skipped > 0 || bytes.Contains(data, little.AppendUint32(nil, pcapModified)) {
			return
		}
		agree(t, data[:min(int(s.offset), len(data))], got)
	})
}

// agree compares with gopacket over the part that we found no fault in: beyond it gopacket makes room for whatever length
// is claimed.
func agree(t *testing.T, data []byte, got []Frame) {
	want, clean := pcapgoFrames(data)
	// Options that do not fit their block end a pcapng file for gopacket, with no other error than a whole file has.
	if len(want) > len(got) || (clean && len(want) < len(got) && isPcap(data)) {
		t.Fatalf("%d frames, gopacket has %d", len(got), len(want))
	}
	for i, w := range want {
		if g := got[i]; !bytes.Equal(g.Data, w.Data) || g.Length != max(w.Length, len(w.Data)) {
			t.Fatalf("frame %d: %d bytes of %d, gopacket has %d of %d", i, len(g.Data), g.Length, len(w.Data), w.Length)
		}
	}
}
