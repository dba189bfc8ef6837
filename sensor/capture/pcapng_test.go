package capture

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

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
