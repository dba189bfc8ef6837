package stories

import (
	"cmp"
	"compress/gzip"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// aggregate is a line of a flow log: one direction of a conversation in one minute.
type aggregate struct {
	minute           int64
	src, dst         netip.Addr
	srcPort, dstPort uint16
	proto            uint8
}

type sum struct {
	packets, bytes int
	flags          uint8
	first, last    int64
}

// iface is a network interface whose traffic is logged.
type iface struct {
	id   string
	addr netip.Addr
	vpc  string
}

// logged writes what VPC Flow Logs say of packets at an interface, in the custom format of version 5 that docs/flow-logs.md recommends: by
// the minute, each direction by itself, the TCP flags or-ed, SYN-ACK as 18 and a bare ACK not at all. Blocked packets are those that a
// security group did not let in: nothing came back of them.
func logged(t *testing.T, folder string, at iface, list []packet, blocked bool) {
	t.Helper()
	sums := map[aggregate]*sum{}
	for _, p := range list {
		count(sums, at, p)
	}
	keys := make([]aggregate, 0, len(sums))
	for k := range sums {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b aggregate) int {
		return cmp.Or(cmp.Compare(a.minute, b.minute), a.src.Compare(b.src), cmp.Compare(a.srcPort, b.srcPort), a.dst.Compare(b.dst), cmp.Compare(a.dstPort, b.dstPort))
	})
	var out strings.Builder
	out.WriteString("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id sublocation-type sublocation-id pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path\n")
	for _, k := range keys {
		s := sums[k]
		direction, action := "egress", "ACCEPT"
		if k.dst == at.addr {
			direction = "ingress"
		}
		if blocked {
			if direction == "egress" {
				continue
			}
			action = "REJECT"
		}
		fmt.Fprintf(&out, "5 %s %s %s %s %d %d %d %d %d %d %d %s OK %s subnet-1 - %d IPv4 %s %s eu-central-1 euc1-az1 - - - - %s -\n",
			account, at.id, k.src, k.dst, k.srcPort, k.dstPort, k.proto, s.packets, s.bytes, s.first, max(s.last, s.first+1), action, at.vpc, s.flags, k.src, k.dst, direction)
	}
	name := fmt.Sprintf("%s_vpcflowlogs_eu-central-1_fl-1234abcd_%s_%s.log.gz", account, list[0].at.UTC().Format("20060102T1504Z"), strings.TrimPrefix(at.id, "eni-"))
	packed(t, filepath.Join(folder, name), out.String())
}

// count adds a packet to the line that it belongs to.
func count(sums map[aggregate]*sum, at iface, p packet) {
	frame := gopacket.NewPacket(p.frame, layers.LayerTypeEthernet, gopacket.NoCopy)
	ip, ok := frame.Layer(layers.LayerTypeIPv4).(*layers.IPv4)
	if !ok {
		return
	}
	k := aggregate{minute: p.at.Unix() / 60, proto: uint8(ip.Protocol)}
	k.src, _ = netip.AddrFromSlice(ip.SrcIP.To4())
	k.dst, _ = netip.AddrFromSlice(ip.DstIP.To4())
	if k.src != at.addr && k.dst != at.addr {
		return
	}
	flags := uint8(0)
	switch l := frame.TransportLayer().(type) {
	case *layers.TCP:
		k.srcPort, k.dstPort = uint16(l.SrcPort), uint16(l.DstPort)
		flags = flagsOf(l)
	case *layers.UDP:
		k.srcPort, k.dstPort = uint16(l.SrcPort), uint16(l.DstPort)
	}
	s := sums[k]
	if s == nil {
		s = &sum{first: p.at.Unix()}
		sums[k] = s
	}
	s.packets, s.bytes, s.flags, s.last = s.packets+1, s.bytes+int(ip.Length), s.flags|flags, p.at.Unix()
}

func flagsOf(l *layers.TCP) (f uint8) {
	if l.FIN {
		f |= 1
	}
	if l.SYN {
		f |= 2
		if l.ACK {
			f |= 16
		}
	}
	if l.RST {
		f |= 4
	}
	return f
}

func packed(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	if _, err = z.Write([]byte(text)); err == nil {
		err = z.Close()
	}
	if err2 := f.Close(); err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
}

// noise is a packet that was not let in.
type noise struct {
	at   time.Time
	from string
	port int
}

// rejected writes what flow logs say of packets that were not let in.
func rejected(t *testing.T, folder string, at iface, list []noise) {
	t.Helper()
	var out strings.Builder
	out.WriteString("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n")
	for i, n := range list {
		fmt.Fprintf(&out, "2 %s %s %s %s %d %d 6 1 40 %d %d REJECT OK\n", account, at.id, n.from, at.addr, 40000+i, n.port, n.at.Unix(), n.at.Unix()+30)
	}
	packed(t, filepath.Join(folder, account+"_vpcflowlogs_eu-central-1_fl-1234abcd_20261123T0900Z_noise.log.gz"), out.String())
}
