package archive

import (
	"bytes"
	"io"
	"slices"
	"testing"

	files "github.com/mirrorwatch/mirrorwatch/shared/archive"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// FuzzObject reads any bytes as an object: it ends, it accounts for every byte, and what it takes for a line of a kind can be written.
func FuzzObject(f *testing.F) {
	line, _, _ := record(&events.Conn{}, 1)
	whole := packed(line, line, `{"_path":"telepathy"}`)
	f.Add(whole)
	f.Add(slices.Concat(whole, whole[:len(whole)-3], whole))
	f.Add(slices.Concat([]byte("x"), magic, whole, magic))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x24, 0, 1, 0, 0})
	f.Fuzz(func(t *testing.T, object []byte) {
		w := newWorld(t, nil)
		if again := w.handle(t, w.put("o", object)); len(again) > 0 {
			t.Fatalf("%s", w.log.String())
		}
		if c := w.counted(t); c.BytesIn != int64(len(object)) {
			t.Fatalf("%d bytes of %d were read", c.BytesIn, len(object))
		}
		w.rows(t)
	})
}

// FuzzLine: what is taken can be written as a file and read back to the byte.
func FuzzLine(f *testing.F) {
	for _, r := range events.Blank() {
		line, _, _ := record(r, 1)
		f.Add([]byte(line))
	}
	f.Add([]byte(`{"_path":"conn","_ns":-0,"ts":0.1}`))
	f.Add([]byte(`{"_path":"conn","ts":1769860800,"ts":"x"}`))
	known := kinds()
	f.Fuzz(func(t *testing.T, line []byte) {
		r, _, why := parseLine(line, known)
		if why != taken {
			return
		}
		row := files.Row{Kind: r.kind, Time: r.at, Line: append([]byte("{"), r.rest...)}
		var out bytes.Buffer
		if err := files.Write(&out, r.kind, []files.Row{row}); err != nil {
			t.Fatal(err)
		}
		back, err := files.Read(bytes.NewReader(out.Bytes()), int64(out.Len()), r.kind)
		if err != nil || len(back) != 1 || !bytes.Equal(back[0].Line, row.Line) || !back[0].Time.Equal(row.Time) {
			t.Fatalf("%v: %q", err, back)
		}
	})
}

// FuzzFrames holds the length of a frame against what the library reads of it: frames behind one another are all found.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("a\nb\n"), []byte(""), []byte("c"))
	f.Add(bytes.Repeat([]byte("0123456789\n"), 40_000), bytes.Repeat([]byte{0}, 200_000), []byte("\n"))
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		texts := []string{string(a), string(b), string(c)}
		var object []byte
		for _, text := range texts {
			object = append(object, packed(text)...)
		}
		r, err := newFrames(bytes.NewReader(object))
		if err != nil {
			t.Fatal(err)
		}
		defer r.dec.Close()
		for _, text := range texts {
			if got, err := r.next(); err != nil || string(got) != text+"\n" {
				t.Fatalf("%d bytes of %d, %v", len(got), len(text)+1, err)
			}
		}
		if _, err := r.next(); err != io.EOF || r.torn != 0 {
			t.Fatalf("%v, %s", err, r.first)
		}
	})
}
