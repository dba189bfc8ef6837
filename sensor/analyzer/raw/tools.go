package raw

import (
	"bytes"
	"encoding/binary"

	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// greetingMin is how many bytes every greeting here has.
const greetingMin = 5

// greeting says which tool begins a conversation, or its side of it, so; 0 where none does. Each rule is what was published of the tool's protocol:
// no address, no length of one build.
func greeting(d flow.Dir, b []byte) marks {
	switch {
	case isGh0st(b):
		return toolGh0st
	case isNjRAT(b):
		return toolNjRAT
	case isRemcos(b):
		return toolRemcos
	case d == flow.Resp && isStage(b):
		return toolStage
	case d == flow.Resp && (bytes.HasPrefix(b, []byte("BF7CAB464EFB")) || bytes.HasPrefix(b, []byte("8EA4AB05FA7E"))):
		return toolDarkComet // IDTYPE under the key that its builder proposes
	case bytes.HasPrefix(b, []byte("myversion|")):
		return toolXtreme
	case bytes.HasPrefix(b, []byte("Information")) && bytes.Contains(b, []byte("*-]NK[-*")):
		return toolRevenge
	}
	return 0
}

// isGh0st: a tag of letters, the length of the whole, the length of what it holds, both least byte first, and zlib. Gh0st's own tag is its name;
// its many heirs change the tag and keep the rest.
func isGh0st(b []byte) bool {
	const shortest, longest = 3, 10
	for tag := shortest; tag <= longest; tag++ {
		if len(b) < tag+10 {
			return false
		}
		if !isTag(b[:tag]) {
			return false
		}
		whole, held := binary.LittleEndian.Uint32(b[tag:]), binary.LittleEndian.Uint32(b[tag+4:])
		zlib := b[tag+8] == 0x78 && (uint16(b[tag+8])<<8|uint16(b[tag+9]))%31 == 0 // RFC 1950 section 2.2
		if zlib && whole > uint32(tag+10) && whole < 1<<22 && held > 0 && held < 1<<24 && held+64 >= whole/2 {
			return true
		}
	}
	return false
}

func isTag(b []byte) bool {
	for _, c := range b {
		letter := (c|0x20) >= 'a' && (c|0x20) <= 'z'
		if !letter && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// isNjRAT: the length in digits, a zero byte, a command, and the parting |'|'| that its builder proposes.
func isNjRAT(b []byte) bool {
	head := b[:min(len(b), 64)]
	rest := bytes.TrimLeft(head, "0123456789")
	counted := len(rest) < len(head) && len(rest) > 0 && rest[0] == 0
	return (counted || bytes.HasPrefix(head, []byte("lv")) || bytes.HasPrefix(head, []byte("ll"))) && bytes.Contains(head, []byte("|'|'|"))
}

// isRemcos: its magic and the length of what follows, least byte first; older ones wrote the words.
func isRemcos(b []byte) bool {
	if bytes.HasPrefix(b, []byte("[DataStart]")) {
		return true
	}
	if len(b) < 12 || !bytes.HasPrefix(b, []byte{0x24, 0x04, 0xff, 0x00}) {
		return false
	}
	n := binary.LittleEndian.Uint32(b[4:])
	return n > 0 && n < 1<<20 && b[9] == 0 && b[10] == 0 && b[11] == 0 // a command, of four bytes
}

// isStage: a length, and behind it a program for Windows or Linux that is about as long.
func isStage(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	n := binary.LittleEndian.Uint32(b)
	program := b[4] == 'M' && b[5] == 'Z' || bytes.HasPrefix(b[4:], []byte("\x7fELF"))
	return program && n > 16<<10 && n < 16<<20
}
