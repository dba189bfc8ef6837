// Command flood writes a capture of a SYN flood to standard output: every packet begins a conversation that is never answered, while
// a few honest ones go on. What comes in is how many; what goes out is a pcap stream for `mirrorwatch read -`. It sends nothing to
// any network.
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
)

// Places in the frame that change from packet to packet: Ethernet, then IPv4 without options, then TCP.
const (
	sourceAt = 14 + 12
	portAt   = 14 + 20
	seqAt    = portAt + 4
	flagsAt  = portAt + 13
	frameLen = 14 + 20 + 20
)

func main() {
	count := flag.Int("flows", 10_000_000, "conversations that never open")
	rate := flag.Int("rate", 200_000, "packets a second, by the capture's clock")
	flag.Parse()
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	if err := flood(out, *count, *rate); err != nil {
		fmt.Fprintln(os.Stderr, "flood:", err)
		os.Exit(1)
	}
}

func flood(out *bufio.Writer, count, rate int) error {
	le := binary.LittleEndian
	header := le.AppendUint16(le.AppendUint16(le.AppendUint32(nil, 0xa1b23c4d), 2), 4)
	header = le.AppendUint32(le.AppendUint32(le.AppendUint64(header, 0), 262144), 1)
	if _, err := out.Write(header); err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(7, 7))
	syn := frame(2)
	for i := range count {
		binary.BigEndian.PutUint32(syn[sourceAt:], 0x0b000000+uint32(i)&0x00ffffff)
		binary.BigEndian.PutUint16(syn[portAt:], uint16(1024+i>>24+rng.IntN(60000)))
		binary.BigEndian.PutUint32(syn[seqAt:], rng.Uint32())
		if err := write(out, int64(i)*1e9/int64(rate), syn); err != nil {
			return err
		}
	}
	return out.Flush()
}

// frame is a TCP segment to one web server with the given flags.
func frame(flags byte) []byte {
	f := make([]byte, frameLen)
	copy(f, []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6})
	copy(f[sourceAt+4:], []byte{10, 0, 0, 80})
	binary.BigEndian.PutUint16(f[portAt+2:], 443)
	f[portAt+12], f[flagsAt], f[flagsAt+1], f[flagsAt+2] = 0x50, flags, 0xff, 0xff
	return f
}

func write(out io.Writer, at int64, f []byte) error {
	le := binary.LittleEndian
	var h [16]byte
	le.PutUint32(h[0:], uint32(1_700_000_000+at/1e9))
	le.PutUint32(h[4:], uint32(at%1e9))
	le.PutUint32(h[8:], uint32(len(f)))
	le.PutUint32(h[12:], uint32(len(f)))
	if _, err := out.Write(h[:]); err != nil {
		return err
	}
	_, err := out.Write(f)
	return err
}
