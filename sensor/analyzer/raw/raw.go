// Package raw looks at conversations that no other analyzer takes, for what is hostile in plain sight: a shell's prompts and what is typed to
// them, and the greetings of remote-control tools. What comes in is ordered bytes, or datagrams, of both directions or of one; what goes out is
// one events.Raw, and nothing where nothing shows. It keeps the first prompt, and nothing of what was typed or answered; it reads no more than
// 64 KiB of a direction, and stands last, because anything may be without a protocol.
package raw

import (
	"bytes"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer.
var Spec = analyzer.Spec{
	Name:  "raw",
	Over:  analyzer.TCP | analyzer.UDP,
	Probe: probe,
	New:   open,
}

const (
	// maxLine is how much of a line is looked at. A prompt with a deep path is shorter.
	maxLine = 256
	// maxRead is how much of a direction is read: a shell shows itself in its first lines.
	maxRead = 64 << 10
	// enough prompts leave no doubt, and then nothing more is read.
	enough = 3
	// maxGreeting is within how many bytes a greeting shows.
	maxGreeting = 64
	// maxPrompt is how much of a prompt is kept.
	maxPrompt = 64
)

// reader is one conversation's analyzer.
type reader struct {
	conv  *analyzer.Conversation
	rec   events.Raw
	sides [2]side
	done  bool
}

// side is one direction.
type side struct {
	head    []byte // its first bytes, until they are enough to know a tool's greeting by
	line    []byte // the line that is not over, cut at maxLine
	cut     bool   // it was longer, or its beginning is missing
	counted bool   // its prompt was
	read    int
	marks   marks
	prompts uint32
	lines   uint32
}

func open(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} }

// Feed reads lines.
func (r *reader) Feed(c stream.Chunk) (int, error) {
	d := c.Dir & 1
	s := &r.sides[d]
	if len(c.Data) == 0 || s.read > maxRead {
		return len(c.Data), nil
	}
	r.tool(d, c.Data)
	r.turn(d.Other()) // who is answered stands at a prompt, if it is one
	s.read += len(c.Data)
	for b := c.Data; len(b) > 0; {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			s.take(b)
			break
		}
		s.take(b[:end])
		r.whole(d)
		s.lines++
		s.line, s.cut, s.counted = s.line[:0], false, false
		b = b[end+1:]
	}
	if r.sides[0].prompts+r.sides[1].prompts >= enough || r.sides[0].read > maxRead && r.sides[1].read > maxRead {
		return len(c.Data), analyzer.ErrDone
	}
	return len(c.Data), nil
}

// take adds to the line.
func (s *side) take(b []byte) {
	room := maxLine - len(s.line)
	if len(b) > room {
		b, s.cut = b[:room], true
	}
	s.line = append(s.line, b...)
}

// turn looks at a line that waits, now that the other side speaks or the conversation is over.
func (r *reader) turn(d flow.Dir) {
	s := &r.sides[d]
	if s.counted || s.cut || len(s.line) == 0 {
		return
	}
	if m, text := waitingPrompt(s.line); m != 0 {
		r.prompt(d, m, text)
	}
}

// whole looks at a line that is over. A shell that echoes has its prompt, and what was typed, in one.
func (r *reader) whole(d flow.Dir) {
	s := &r.sides[d]
	s.marks |= lineMarks(s.line)
	if s.counted || s.cut {
		return
	}
	if n := windowsPrompt(s.line); n > 0 {
		r.prompt(d, promptWindows, s.line[:n])
	}
}

func (r *reader) prompt(d flow.Dir, m marks, text []byte) {
	s := &r.sides[d]
	s.counted = true
	s.prompts++
	s.marks |= m
	if r.rec.Prompt == "" {
		r.rec.Prompt = analyzer.Text(text[:min(len(text), maxPrompt)])
	}
}

// tool notes the greeting of a tool. Of one side the first is enough.
func (r *reader) tool(d flow.Dir, b []byte) {
	s := &r.sides[d]
	if s.read >= maxGreeting || r.rec.ToolFrom != "" {
		return
	}
	s.head = append(s.head, b[:min(len(b), maxGreeting-len(s.head))]...)
	if m := greeting(d, s.head); m != 0 {
		s.marks |= m
		r.rec.ToolFrom = sideName(d)
	}
}

func sideName(d flow.Dir) string {
	if d == flow.Orig {
		return "orig"
	}
	return "resp"
}

// Gap leaves the line that the missing bytes belong to unread.
func (r *reader) Gap(d flow.Dir, _ int) error {
	s := &r.sides[d&1]
	s.line, s.cut = s.line[:0], true
	return nil
}

// Close tells what was seen, where there was something.
func (r *reader) Close() {
	if r.done {
		return
	}
	r.done = true
	for d := range r.sides {
		r.sides[d].marks |= lineMarks(r.sides[d].line)
		r.turn(flow.Dir(d))
	}
	all := r.sides[0].marks | r.sides[1].marks
	if all == 0 {
		return
	}
	r.rec.Proto = "tcp"
	if r.conv.Transport == analyzer.UDP {
		r.rec.Proto = "udp"
	}
	r.rec.Marks = all.names()
	r.shell()
	rec := r.rec
	r.conv.Emit(&rec)
}

// shell tells whose shell it is: of two sides that look like one, the one with more prompts, else with more marks.
func (r *reader) shell() {
	by := flow.Orig
	a, b := &r.sides[flow.Orig], &r.sides[flow.Resp]
	if b.prompts > a.prompts || b.prompts == a.prompts && b.marks&ofShell > a.marks&ofShell {
		by = flow.Resp
	}
	s := &r.sides[by]
	if s.marks&ofShell == 0 {
		return
	}
	r.rec.Prompts, r.rec.Commands, r.rec.ShellBy = s.prompts, r.sides[by.Other()].lines, sideName(by)
}
