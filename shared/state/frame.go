package state

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// The file's header: magic, format, kind, generation, checksum of all that.
const (
	fileMagic  = "mwstate\n"
	fileFormat = 1
	fileHeader = 8 + 4 + 4 + 8 + 4
)

// The frame's header: magic, what it is, how it is stored, its length as stored and as it is, the checksum of what is stored, and one of
// the header itself, so that a frame behind a damaged one is found again.
const (
	frameMagic  = 0x3166774d // "Mwf1"
	frameHeader = 24
	maxFrame    = MaxValue + MaxKey + blockBytes + 1<<10
)

// What a frame is.
const (
	ofEntries = 1 + iota
	ofCommit  // what comes before it is one minute
	ofEnd     // of a snapshot: nothing is missing
)

// How a frame is stored.
const (
	plain = iota
	zstandard
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type kind uint32

const (
	aSnapshot kind = 1 + iota
	aLog
)

func appendFileHeader(b []byte, k kind, generation uint64) []byte {
	from := len(b)
	b = append(b, fileMagic...)
	b = binary.LittleEndian.AppendUint32(b, fileFormat)
	b = binary.LittleEndian.AppendUint32(b, uint32(k))
	b = binary.LittleEndian.AppendUint64(b, generation)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[from:], castagnoli))
}

var (
	errNotOurs = errors.New("it does not begin as a state file does")
	errHeader  = errors.New("its header is damaged")
)

// otherFormat is a file of another version of the program.
type otherFormat uint32

func readFileHeader(b []byte) (k kind, generation uint64, err error) {
	le := binary.LittleEndian
	switch {
	case len(b) < fileHeader || string(b[:8]) != fileMagic:
		return 0, 0, errNotOurs
	case le.Uint32(b[24:]) != crc32.Checksum(b[:24], castagnoli):
		return 0, 0, errHeader
	case le.Uint32(b[8:]) != fileFormat:
		return 0, 0, otherFormat(le.Uint32(b[8:]))
	}
	return kind(le.Uint32(b[12:])), le.Uint64(b[16:]), nil
}

// frame is where a frame lies and what it is.
type frame struct {
	at          int64
	what, codec byte
	stored, raw uint32
	sum         uint32
}

func (f *frame) end() int64 { return f.at + frameHeader + int64(f.stored) }

// appendFrame appends a frame. Payload is as it is stored.
func appendFrame(b []byte, what, codec byte, payload []byte, raw int) []byte {
	from := len(b)
	le := binary.LittleEndian
	b = le.AppendUint32(b, frameMagic)
	b = append(b, what, codec, 0, 0)
	b = le.AppendUint32(b, uint32(len(payload)))
	b = le.AppendUint32(b, uint32(raw))
	b = le.AppendUint32(b, crc32.Checksum(payload, castagnoli))
	b = le.AppendUint32(b, crc32.Checksum(b[from:], castagnoli))
	return append(b, payload...)
}

func readFrameHeader(b []byte, at int64) (frame, bool) {
	le := binary.LittleEndian
	if len(b) < frameHeader || le.Uint32(b) != frameMagic || le.Uint32(b[20:]) != crc32.Checksum(b[:20], castagnoli) {
		return frame{}, false
	}
	f := frame{at: at, what: b[4], codec: b[5], stored: le.Uint32(b[8:]), raw: le.Uint32(b[12:]), sum: le.Uint32(b[16:])}
	return f, f.stored <= maxFrame && f.raw <= maxFrame && f.what >= ofEntries && f.what <= ofEnd && f.codec <= zstandard
}

// hole is a piece of a file that cannot be read.
type hole struct{ from, to int64 }

// scan is what a look at every frame of a file gives: those that are whole, and what lies between them that is not.
type scan struct {
	frames []frame
	holes  []hole
}

// scanFrames looks at every frame of a file of so many bytes and checks what is stored. Behind a damaged one it goes on with the next header
// that is whole. Reading that fails counts as damage: it is of one place of the disk.
func scanFrames(f io.ReaderAt, size int64) scan {
	var s scan
	var buf []byte
	for at := int64(fileHeader); at < size; {
		found, ok := s.look(f, at, size, &buf)
		if ok {
			s.frames = append(s.frames, found)
			at = found.end()
			continue
		}
		next := nextHeader(f, at+1, size)
		if n := len(s.holes); n > 0 && s.holes[n-1].to == at {
			s.holes[n-1].to = next
		} else {
			s.holes = append(s.holes, hole{at, next})
		}
		at = next
	}
	return s
}

func (s *scan) look(f io.ReaderAt, at, size int64, buf *[]byte) (frame, bool) {
	var head [frameHeader]byte
	if _, err := f.ReadAt(head[:], at); err != nil {
		return frame{}, false
	}
	found, ok := readFrameHeader(head[:], at)
	if !ok || found.end() > size {
		return frame{}, false
	}
	payload, err := readPayload(f, &found, buf)
	return found, err == nil && payload != nil
}

// readPayload reads what is stored of a frame into buf, which grows.
func readPayload(f io.ReaderAt, of *frame, buf *[]byte) ([]byte, error) {
	if cap(*buf) < int(of.stored) {
		*buf = make([]byte, of.stored+of.stored/4)
	}
	b := (*buf)[:of.stored]
	if len(b) > 0 {
		if _, err := f.ReadAt(b, of.at+frameHeader); err != nil {
			return nil, err
		}
	}
	if crc32.Checksum(b, castagnoli) != of.sum {
		return nil, errors.New("checksum does not match")
	}
	return b, nil
}

// nextHeader finds the next whole header from at on, or the file's end.
func nextHeader(f io.ReaderAt, at, size int64) int64 {
	buf := make([]byte, 64<<10)
	for at < size {
		n, err := f.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
		for i := 0; i+frameHeader <= n; i++ {
			if buf[i] != frameMagic&0xff {
				continue
			}
			if _, ok := readFrameHeader(buf[i:n], 0); ok {
				return at + int64(i)
			}
		}
		switch {
		case err != nil && n == 0:
			at += int64(len(buf)) // a place of the disk that cannot be read
		case at+int64(n) >= size || n < frameHeader:
			return size
		default:
			at += int64(n - frameHeader + 1)
		}
	}
	return size
}

// committed cuts a scan after its last whole minute (of a snapshot: at its end) and gives that minute. What lies behind was never promised.
func (s *scan) committed() (at int64, whole bool, payload frame) {
	for i := len(s.frames) - 1; i >= 0; i-- {
		if f := s.frames[i]; f.what != ofEntries {
			s.frames = s.frames[:i+1]
			for n := len(s.holes); n > 0 && s.holes[n-1].from >= f.at; n-- {
				s.holes = s.holes[:n-1]
			}
			return f.end(), true, f
		}
	}
	return fileHeader, false, frame{}
}
