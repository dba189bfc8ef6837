package main

import (
	"fmt"
	"io"

	"github.com/mirrorwatch/mirrorwatch/sensor/capture"
)

// smallBuffer is below what a socket should have: at 200,000 packets of 600 bytes a second it lasts for 35 ms, and the collector
// or the disk may hold a worker up for that long.
const smallBuffer = 4 << 20

// warnOfBuffer says, in one line, that the kernel granted a socket too little room to ride out a pause.
func warnOfBuffer(w io.Writer, sources []capture.Source) {
	for _, s := range sources {
		if n := s.Stats().ReceiveBuffer; n > 0 && n < smallBuffer {
			fmt.Fprintf(w, "the kernel gave each socket a receive buffer of %s only; raise net.core.rmem_max, or run with CAP_NET_ADMIN, or packets will be dropped in bursts\n", size(uint64(n)))
			return
		}
	}
}
