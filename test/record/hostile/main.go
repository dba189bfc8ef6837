// Hostile writes a capture in which every name that a record or a detection may show was chosen by somebody who means harm: markup,
// addresses of scripts, control characters, text that runs the other way, marks that pile up, bytes that are no text, formulas of
// spreadsheets, and ten thousand letters without a space. What comes in is nothing; what goes out is a packed pcap file, the same bytes
// each time. No real program would send such bytes, so they are made by hand. It opens no connection.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./test/record/hostile FILE.pcap.gz")
		os.Exit(2)
	}
	b, err := capture()
	if err == nil {
		err = os.WriteFile(os.Args[1], b, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "hostile:", err)
		os.Exit(1)
	}
}

// capture gives the whole file, packed.
func capture() ([]byte, error) {
	s := newStage()
	for _, scene := range []func(*stage) error{
		leases, questions, pages, secrets, guesses, letters, shells, folders, directories, tickets, agents,
	} {
		if err := scene(s); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(s.file()); err != nil {
		return nil, err
	}
	err := z.Close()
	return out.Bytes(), err
}
