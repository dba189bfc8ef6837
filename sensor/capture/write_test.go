package capture

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// pcapFile is a pcap file as a table writes it.
type pcapFile struct {
	order binary.AppendByteOrder
	magic uint32
	major uint16
	link  uint32
}

// record is one packet of a table: the fraction is in the file's unit, and length 0 stands for all of data.
type record struct {
	sec, frac, length uint32
	data              []byte
}

func (f pcapFile) header() []byte {
	if f.major == 0 {
		f.major = 2
	}
	out := f.order.AppendUint32(nil, f.magic)
	out = f.order.AppendUint16(out, f.major)
	out = f.order.AppendUint16(out, 4)
	out = append(out, make([]byte, 8)...)
	out = f.order.AppendUint32(out, 65535)
	return f.order.AppendUint32(out, f.link)
}

func (f pcapFile) write(records ...record) []byte {
	out := f.header()
	for _, r := range records {
		if r.length == 0 {
			r.length = uint32(len(r.data))
		}
		for _, v := range []uint32{r.sec, r.frac, uint32(len(r.data)), r.length} {
			out = f.order.AppendUint32(out, v)
		}
		if f.magic == pcapModified {
			out = append(out, 1, 2, 3, 4, 5, 6, 7, 8)
		}
		out = append(out, r.data...)
	}
	return out
}

// blocks writes pcapng blocks.
type blocks struct{ order binary.AppendByteOrder }

func (b blocks) block(kind uint32, body ...[]byte) []byte {
	inside := bytes.Join(body, nil)
	inside = append(inside, make([]byte, -len(inside)&3)...)
	out := b.order.AppendUint32(nil, kind)
	out = b.order.AppendUint32(out, uint32(len(inside)+blockFrame))
	out = append(out, inside...)
	return b.order.AppendUint32(out, uint32(len(inside)+blockFrame))
}

func (b blocks) words(v ...uint32) (out []byte) {
	for _, w := range v {
		out = b.order.AppendUint32(out, w)
	}
	return out
}

func (b blocks) halves(v ...uint16) (out []byte) {
	for _, w := range v {
		out = b.order.AppendUint16(out, w)
	}
	return out
}

func (b blocks) section() []byte {
	return b.block(blockSection, b.words(byteOrderMagic), b.halves(1, 0), bytes.Repeat([]byte{0xff}, 8))
}

func (b blocks) option(code uint16, value ...byte) []byte {
	out := append(b.halves(code, uint16(len(value))), value...)
	return append(out, make([]byte, -len(value)&3)...)
}

func (b blocks) face(link uint16, snap uint32, options ...[]byte) []byte {
	if len(options) > 0 {
		options = append(options, b.option(optionEnd))
	}
	return b.block(blockInterface, b.halves(link, 0), b.words(snap), bytes.Join(options, nil))
}

func (b blocks) packet(face uint32, ticks uint64, length int, data []byte) []byte {
	return b.block(blockPacket, b.words(face, uint32(ticks>>32), uint32(ticks), uint32(len(data)), uint32(length)), data)
}

func zipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// saved writes a file for OpenFile.
func saved(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// drain reads a source to its end and gives copies of the frames; a clean end is a nil error.
func drain(s Source) ([]Frame, error) { return drainBy(NewBatch(), s) }

// drainBy is drain with a batch that is used again.
func drainBy(b *Batch, s Source) (all []Frame, err error) {
	for {
		if err = s.Next(b); err == io.EOF {
			return all, nil
		} else if err != nil {
			return all, err
		}
		for _, f := range b.Frames {
			f.Data = bytes.Clone(f.Data)
			all = append(all, f)
		}
	}
}

// readBytes reads a capture that is in memory.
func readBytes(data []byte) ([]Frame, Stats, error) {
	f := &file{in: &input{name: "memory", bytes: bytes.NewReader(data)}}
	if err := f.start(); err != nil {
		return nil, Stats{}, err
	}
	all, err := drain(f)
	return all, f.Stats(), err
}

// numbered gives a packet whose bytes tell which it is.
func numbered(i, size int) []byte {
	data := make([]byte, size)
	for j := range data {
		data[j] = byte(i*7 + j)
	}
	return data
}
