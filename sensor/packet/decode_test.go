package packet

import (
	"reflect"
	"testing"
)

func TestDecode(t *testing.T) {
	for _, c := range frames {
		t.Run(c.name, func(t *testing.T) {
			b := bytesOf(t, c.hex)
			var p Packet
			err := p.Decode(b, Meta{Time: 7, Length: max(c.wire, len(b)), Link: c.link})
			if got := briefOf(&p, err); got != c.want {
				t.Errorf("\n got %+v\nwant %+v", got, c.want)
			}
			if p.Time != 7 {
				t.Errorf("time %d", p.Time)
			}
			if Supported(c.link) != (c.link != 127) {
				t.Errorf("Supported(%d) = %v", c.link, Supported(c.link))
			}
		})
	}
}

// Every ordered pair of frames: what one leaves behind must not show in the next.
func TestDecodeReuse(t *testing.T) {
	for _, first := range frames {
		for _, second := range frames {
			var used, fresh Packet
			used.VNI, fresh.VNI = 9, 9
			a, b := bytesOf(t, first.hex), bytesOf(t, second.hex)
			_ = used.Decode(a, Meta{Time: 1, Length: max(first.wire, len(a)), Link: first.link})
			used.VerifyChecksum()
			m := Meta{Time: 2, Length: max(second.wire, len(b)), Link: second.link}
			_ = used.Decode(b, m)
			_ = fresh.Decode(b, m)
			if used.Kind != KindARP {
				used.ARP = ARP{}
			}
			if !reflect.DeepEqual(used, fresh) {
				t.Fatalf("%s after %s:\n got %+v\nwant %+v", second.name, first.name, used, fresh)
			}
		}
	}
}

// A frame cut at any byte must neither panic nor give more than it holds.
func TestDecodeCutAnywhere(t *testing.T) {
	for _, c := range frames {
		b := bytesOf(t, c.hex)
		for n := range b {
			var p Packet
			_ = p.Decode(b[:n:n], Meta{Length: max(c.wire, len(b)), Link: c.link})
			if p.Kind >= KindIP && p.PayloadLen < len(p.Payload) {
				t.Errorf("%s cut at %d: payload of %d, %d on the wire", c.name, n, len(p.Payload), p.PayloadLen)
			}
			if p.Kind > KindIP && p.IPLen > len(p.IP) && !p.Truncated {
				t.Errorf("%s cut at %d: not said to be", c.name, n)
			}
		}
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	for _, c := range frames {
		b := bytesOf(t, c.hex)
		var p Packet
		m := Meta{Length: len(b), Link: c.link}
		if n := testing.AllocsPerRun(20, func() { _ = p.Decode(b, m); p.VerifyChecksum(); _ = p.Shard() }); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}

func TestDecodeIPv4Fields(t *testing.T) {
	var p Packet
	b := bytesOf(t, ether+ip4SYN+tcpSYN)
	if err := p.Decode(b, Meta{Length: len(b), Link: LinkEthernet}); err != nil {
		t.Fatal(err)
	}
	got := []any{p.SrcMAC, p.DstMAC, p.Version, p.TTL, p.IPID, p.IPLen, p.HeaderLen, p.DontFrag, p.Options, p.Flags, p.Seq, p.Window, p.MSS,
		p.WindowScale, len(p.TCPOptions), len(p.IP)}
	want := []any{[6]byte{2, 0, 0, 0, 0, 1}, [6]byte{2, 0, 0, 0, 0, 2}, uint8(4), uint8(64), uint32(3), 48, 20, true, false, SYN, uint32(100),
		uint16(8192), uint16(1460), int8(7), 8, 48}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
}

func TestDecodeIPv6Fields(t *testing.T) {
	var p Packet
	b := bytesOf(t, "6a b0 00 00 00 1c 00 3f"+ip6+"2c 00 05 02 00 00 01 00  11 00 00 b9 00 01 e2 40"+udpHi)
	if err := p.Decode(b, Meta{Length: len(b), Link: LinkRaw}); err != nil {
		t.Fatal(err)
	}
	got := []any{p.Version, p.TOS, p.TTL, p.Proto, p.IPID, p.Fragment, p.MoreFrags, p.FragOffset, p.Options, p.IPLen, p.HeaderLen}
	want := []any{uint8(6), uint8(0xab), uint8(63), ProtoUDP, uint32(123456), true, true, uint16(184), true, 68, 56}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
}

func TestDecodeARPFields(t *testing.T) {
	var p Packet
	b := bytesOf(t, macs+"08 06 00 01 08 00 06 04 00 02 02 00 00 00 00 01 0a 00 00 01 02 00 00 00 00 02 0a 00 00 02")
	if err := p.Decode(b, Meta{Length: len(b), Link: LinkEthernet}); err != nil {
		t.Fatal(err)
	}
	if p.ARP.Op != 2 || p.ARP.Sender.Netip().String() != "10.0.0.1" || p.ARP.Target.Netip().String() != "10.0.0.2" ||
		p.ARP.SenderMAC != [6]byte{2, 0, 0, 0, 0, 1} || p.ARP.TargetMAC != [6]byte{2, 0, 0, 0, 0, 2} {
		t.Errorf("got %+v", p.ARP)
	}
}

func TestICMPIdentifier(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		id, seq   uint16
	}{
		{"echo", ip4Echo + echo, 7, 3},
		{"unreachable has none", ip4Echo + "03" + echo[2:], 0, 0},
		{"echo of ipv6", "60 00 00 00 00 0c 3a 40" + ip6 + "80 00 00 00 00 09 00 02 61 62 63 64", 9, 2},
		{"router solicitation has none", "60 00 00 00 00 0c 3a 40" + ip6 + "85 00 00 00 00 09 00 02 61 62 63 64", 0, 0},
	} {
		var p Packet
		b := bytesOf(t, c.hex)
		if err := p.Decode(b, Meta{Length: len(b), Link: LinkRaw}); err != nil || p.ICMPID != c.id || p.ICMPSeq != c.seq {
			t.Errorf("%s: id %d seq %d, %v", c.name, p.ICMPID, p.ICMPSeq, err)
		}
	}
}

func TestSYNOptions(t *testing.T) {
	for _, c := range []struct {
		name, options string
		mss           uint16
		scale         int8
	}{
		{"both", "02 04 05 b4 01 03 03 07", 1460, 7},
		{"none", "01 01 01 01 01 01 01 01", 0, -1},
		{"after the end", "00 02 04 05 b4 03 03 07", 0, -1},
		{"scale beyond 14 is 14", "03 03 ff 01 02 04 02 00", 512, 14},
		{"length zero must not loop", "02 00 05 b4 03 03 07 01", 0, -1},
		{"length past the end", "01 01 01 01 03 09 07 01", 0, -1},
		{"wrong length is passed over", "02 03 05 03 03 07 01 01", 0, 7},
	} {
		var p Packet
		b := bytesOf(t, ip4SYN+tcpSYN[:20*3]+c.options)
		if err := p.Decode(b, Meta{Length: len(b), Link: LinkRaw}); err != nil || p.MSS != c.mss || p.WindowScale != c.scale {
			t.Errorf("%s: mss %d scale %d, %v", c.name, p.MSS, p.WindowScale, err)
		}
	}
}
