// Mirrorsink measures the live socket alone: it opens the VXLAN sockets as the sensor does, throws away what comes, and
// says how many packets each worker got, how many the kernel dropped, and what the processor spent. What comes in is an
// address; what goes out is one line a worker and one for all. It ends when nothing has come for a while after the first
// packet.
//
//	go run ./test/bench/mirrorsink --listen 127.0.0.1:4789 --workers 2
package main

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
)

// quiet is how many waits of 100 ms without a packet end a measurement.
const quiet = 20

func main() {
	addr := flag.String("listen", "127.0.0.1:4789", "address to receive at")
	workers := flag.Int("workers", 2, "sockets")
	work := flag.Duration("work", 0, "time to spend on each batch, to be too slow on purpose")
	flag.Parse()
	all, err := capture.ListenVXLAN(*addr, *workers)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mirrorsink:", err)
		os.Exit(1)
	}
	var wait sync.WaitGroup
	for _, s := range all {
		wait.Go(func() { drain(s, *work) })
	}
	wait.Wait()
	report(all)
}

// drain reads a source until packets have come and then stopped, or none ever come.
func drain(s capture.Source, work time.Duration) {
	b := capture.NewBatch()
	for still := 0; still < quiet || (s.Stats().Packets == 0 && still < 10*quiet); still++ {
		if err := s.Next(b); err != nil {
			fmt.Fprintln(os.Stderr, "mirrorsink:", err)
			return
		}
		if len(b.Frames) > 0 {
			still = 0
			time.Sleep(work)
		}
	}
}

func report(all []capture.Source) {
	var sum capture.Stats
	for i, s := range all {
		st := s.Stats()
		s.Close()
		fmt.Printf("worker %d: %d packets, %d dropped by the kernel\n", i, st.Packets, st.KernelDrops)
		sum.Packets += st.Packets
		sum.KernelDrops += st.KernelDrops
	}
	var use unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &use); err != nil {
		fmt.Fprintln(os.Stderr, "mirrorsink:", err)
		os.Exit(1)
	}
	cpu := time.Duration(use.Utime.Nano() + use.Stime.Nano())
	fmt.Printf("received %d packets, %d dropped by the kernel, %v of processor time, %.0f ns a packet\n",
		sum.Packets, sum.KernelDrops, cpu.Round(time.Millisecond), float64(cpu.Nanoseconds())/float64(max(sum.Packets, 1)))
}
