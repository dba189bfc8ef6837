// Mirrorgen plays a mirror: it sends VXLAN-wrapped packets to a sensor's port at a stated rate and says how many it sent,
// so that the sensor's own count can be held against it. What comes in is a rate, a time and perhaps a capture file; what
// goes out is UDP datagrams to the one address given, which is loopback unless told otherwise. It reads no answers.
//
//	go run ./test/bench/mirrorgen --to 127.0.0.1:4789 --rate 200000 --seconds 10
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
	"github.com/mirrorwatch/mirrorwatch/sensor/packet"
)

const (
	// tick is how often a burst is sent; a shorter one costs more wake-ups than the packets do.
	tick = time.Millisecond

	// catchUp is how many ticks' packets may be sent at once after a stall: a mirror does not hold back for long either.
	catchUp = 20

	// fileBytes is the most that is kept of a capture file.
	fileBytes = 256 << 20

	// largest is the most that a UDP datagram over IPv4 carries.
	largest = 65507
)

func main() {
	to := flag.String("to", "127.0.0.1:4789", "address of the sensor")
	rate := flag.Int("rate", 200000, "packets a second")
	seconds := flag.Float64("seconds", 10, "how long")
	flows := flag.Int("flows", 512, "conversations at a time")
	file := flag.String("file", "", "send the packets of this capture, over and over, and not conversations of our own")
	flag.Parse()
	if err := run(*to, *file, *flows, *rate, time.Duration(*seconds*float64(time.Second))); err != nil {
		fmt.Fprintln(os.Stderr, "mirrorgen:", err)
		os.Exit(1)
	}
}

func run(to, file string, flows, rate int, length time.Duration) error {
	if flows < 1 || rate < 1 {
		return fmt.Errorf("%d flows at %d packets a second are none", flows, rate)
	}
	all := conversations(flows)
	if file != "" {
		var err error
		if all, err = load(file); err != nil {
			return err
		}
	}
	out, err := dial(to)
	if err != nil {
		return err
	}
	defer out.close()
	start := time.Now()
	sent, bytes, err := pace(out, all, rate, length)
	took := time.Since(start).Seconds()
	fmt.Printf("sent %d packets, %d bytes in %.2f s: %.0f packets/s\n", sent, bytes, took, float64(sent)/took)
	return err
}

// pace sends rate packets a second for a time, in a burst a tick.
func pace(out *sender, all []datagram, rate int, length time.Duration) (sent, bytes int, err error) {
	total := int(float64(rate) * length.Seconds())
	burst := catchUp * max(1, int(float64(rate)*tick.Seconds()))
	start := time.Now()
	late := 0 // packets given up after stalls
	round, at := 0, 0
	for sent+late < total {
		due := min(total, int(time.Since(start).Seconds()*float64(rate))) - sent - late
		if due > burst {
			late += due - burst
			due = burst
		}
		for due > 0 {
			n, b, err := out.send(all[at:min(at+due, len(all))], round)
			sent, bytes, due, at = sent+n, bytes+b, due-n, at+n
			if err != nil {
				return sent, bytes, err
			}
			if at == len(all) {
				at, round = 0, round+1
			}
		}
		time.Sleep(tick - time.Since(start)%tick)
	}
	return sent, bytes, nil
}

// load reads a capture and wraps what is not wrapped yet.
func load(name string) (all []datagram, err error) {
	src, err := capture.OpenFile(name)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	b, kept := capture.NewBatch(), 0
	for kept < fileBytes {
		if err = src.Next(b); err != nil {
			break
		}
		for _, f := range b.Frames {
			data := unwrapped(f.Data)
			if f.Link != packet.LinkEthernet || len(data) > largest-vxlanHeader {
				continue
			}
			kept += len(data)
			all = append(all, datagram{bytes: wrap(data)})
		}
	}
	if err != nil && err != io.EOF {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no Ethernet frames", name)
	}
	return all, nil
}
