package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"testing"
)

// TestCaptureIsCurrent holds the capture that the project ships against what the program would write: nobody can change one of them alone.
func TestCaptureIsCurrent(t *testing.T) {
	f, err := os.Open("../../replay/hostile-names.pcap.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	made, err := capture()
	if err != nil {
		t.Fatal(err)
	}
	if have, want := unpacked(t, f), unpacked(t, bytes.NewReader(made)); !bytes.Equal(have, want) {
		t.Errorf("the capture has %d bytes, and the program writes %d that differ: go run ./test/record/hostile test/replay/hostile-names.pcap.gz, then make replay UPDATE=1", len(have), len(want))
	}
}

func unpacked(t *testing.T, r io.Reader) []byte {
	t.Helper()
	z, err := gzip.NewReader(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
