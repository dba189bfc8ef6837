package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

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
