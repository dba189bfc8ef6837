package events

import "unsafe"

// KindRaw is the log of conversations that no analyzer knows and that tell something all the same.
const KindRaw Kind = "raw"

// Raw is one conversation without a protocol of its own: a shell that is spoken in the clear, or the greeting of a tool. Zeek has no such log.
type Raw struct {
	Head
	Proto    string   `json:"proto"`               // tcp or udp
	Marks    []string `json:"marks,omitempty"`     // what was seen: prompt_windows, prompt_unix, banner_windows, identity, no_terminal, listing, or a tool's name
	Prompts  uint32   `json:"prompts"`             // prompts of a shell, after which the other side spoke or could have; it is told when there are three
	Commands uint32   `json:"commands"`            // lines that the other side sent, prompts or not
	ShellBy  string   `json:"shell_by,omitempty"`  // whose shell it is: orig or resp
	Prompt   string   `json:"prompt,omitempty"`    // the first prompt, at most 64 bytes; of what was typed and answered nothing is kept
	ToolFrom string   `json:"tool_from,omitempty"` // who sent a tool's greeting: orig or resp
}

var rawEncoder = encoderFor[Raw]()

// Kind is KindRaw.
func (*Raw) Kind() Kind { return KindRaw }

// AppendJSON appends the record as one JSON object.
func (r *Raw) AppendJSON(dst []byte) []byte { return rawEncoder.appendTo(dst, unsafe.Pointer(r)) }
