package raw

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// probe wants a tool's greeting, or a line that only a shell writes. It waits while there is only text, since a shell may be spoken to before it
// speaks, and while too little came to know a greeting by.
func probe(d flow.Dir, head []byte, _ bool) analyzer.Verdict {
	if greeting(d, head) != 0 {
		return analyzer.Yes
	}
	if !isText(head) {
		if len(head) < 16 && couldGreet(head) {
			return analyzer.Maybe
		}
		return analyzer.No
	}
	for rest := head; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			if m, _ := waitingPrompt(rest); m != 0 || lineMarks(rest) != 0 {
				return analyzer.Yes
			}
			break
		}
		if lineMarks(rest[:end]) != 0 || windowsPrompt(rest[:end]) > 0 {
			return analyzer.Yes
		}
		rest = rest[end+1:]
	}
	return analyzer.Maybe
}

// isText says that b holds what a terminal is sent: printable bytes, other languages' included, and what moves the cursor.
func isText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\r' && c != '\n' && c != '\t' && c != '\b' && c != 7 && c != 27 || c == 0x7f || c == 0xff {
			return false
		}
	}
	return true
}

// couldGreet says that a greeting may come of it: one begins with a letter or a digit, or is known by its first byte.
func couldGreet(b []byte) bool {
	return len(b) < greetingMin || isTag(b[:3]) || b[0] == 0x24 || len(b) < 8
}
