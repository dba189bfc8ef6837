// Package stratum reads the protocols between miners of cryptocurrencies and their pools: Stratum (one JSON-RPC message a line), as Bitcoin, Monero
// and Ethereum's children speak it. What comes in is ordered stream bytes; what goes out is one events.Stratum when a miner logs in and one at
// the end. It never keeps a pool's password, and holds no more than a line.
package stratum

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/line"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// Spec declares the analyzer. The ports are those that pools use most; none is its own.
var Spec = analyzer.Spec{
	Name:  "stratum",
	Over:  analyzer.TCP,
	Ports: []uint16{3333, 4444, 5555, 7777, 14444},
	Probe: probe,
	New:   func(c *analyzer.Conversation) analyzer.Analyzer { return &reader{conv: c} },
}

const (
	maxLine = 16 << 10 // a job of Bitcoin names some twenty hashes
	maxText = 128
)

// asks are methods of miners, gives those of pools.
var (
	asks = [...]string{
		"mining.subscribe", "mining.authorize", "mining.submit", "mining.configure", "mining.extranonce.subscribe", "mining.hello", "mining.noop",
		"eth_submitLogin", "eth_submitWork", "eth_getWork", "eth_submitHashrate", "keepalived",
	}
	gives = [...]string{"mining.notify", "mining.set_difficulty", "mining.set_target", "mining.set_extranonce", "client.reconnect"}
)

// reader is one conversation's analyzer.
type reader struct {
	conv  *analyzer.Conversation
	rec   events.Stratum
	told  bool
	asked bool // the log-in was sent, and its answer is to come
	sided bool // pool is known
	pool  flow.Dir
}

// message is what is read of a line.
type message struct {
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

// login is what miners of Monero send along.
type login struct {
	Login string   `json:"login"`
	Agent string   `json:"agent"`
	Algo  []string `json:"algo"`
}

// probe wants a line of JSON that names a method of either side.
func probe(_ flow.Dir, head []byte, _ bool) analyzer.Verdict {
	if len(head) == 0 || head[0] != '{' {
		return analyzer.No
	}
	for _, m := range asks {
		if names(head, m) {
			return analyzer.Yes
		}
	}
	for _, m := range gives {
		if names(head, m) {
			return analyzer.Yes
		}
	}
	if names(head, "login") && bytes.Contains(head, []byte(`"agent"`)) || names(head, "job") && bytes.Contains(head, []byte(`"blob"`)) || names(head, "submit") && bytes.Contains(head, []byte(`"nonce"`)) {
		return analyzer.Yes
	}
	if bytes.IndexByte(head, '\n') >= 0 {
		return analyzer.No
	}
	return analyzer.Maybe
}

// names says whether a line's method is m, with or without a space behind the colon.
func names(head []byte, m string) bool {
	_, rest, ok := bytes.Cut(head, []byte(`"method"`))
	if !ok {
		return false
	}
	rest = bytes.TrimLeft(rest, " :\t")
	return bytes.HasPrefix(rest, []byte(`"`+m+`"`))
}

// Feed reads lines.
func (r *reader) Feed(c stream.Chunk) (n int, err error) {
	for n < len(c.Data) {
		text, used, ok := line.Cut(c.Data[n:], maxLine)
		if !ok {
			return n, nil
		}
		n += used
		r.read(c, text)
	}
	return n, nil
}

func (r *reader) read(c stream.Chunk, text []byte) {
	if len(text) == 0 {
		return
	}
	if r.sided && c.Dir == r.pool && r.told && !r.asked { // most of what comes: work. It is only counted
		if bytes.Contains(text, []byte(`"mining.notify"`)) || bytes.Contains(text, []byte(`"job"`)) {
			r.rec.Jobs++
		}
		return
	}
	var m message
	if json.Unmarshal(text, &m) != nil || !r.sides(c.Dir, m.Method) {
		return
	}
	if c.Dir == r.pool {
		r.answer(&m, events.Time(c.Time))
		return
	}
	r.ask(&m, events.Time(c.Time))
}

// sides finds out who is the pool: of a conversation that began before the capture the originator may be it. It says whether that is known.
func (r *reader) sides(d flow.Dir, method string) bool {
	switch {
	case r.sided || method == "":
	case method == "job" || slices.Contains(gives[:], method):
		r.sided, r.pool = true, d
	case method == "login" || method == "submit" || slices.Contains(asks[:], method):
		r.sided, r.pool = true, d.Other()
	}
	r.rec.PoolAsk = r.sided && r.pool == flow.Orig
	return r.sided
}

func (r *reader) ask(m *message, at events.Time) {
	if r.rec.TS == 0 {
		r.rec.TS, r.rec.Method = at, kept(m.Method)
	}
	switch m.Method {
	case "mining.submit", "submit", "eth_submitWork":
		r.rec.Submits++
	case "mining.subscribe":
		r.rec.Agent = first(m.Params)
	case "mining.authorize", "eth_submitLogin":
		r.rec.Method, r.rec.Worker, r.asked = kept(m.Method), first(m.Params), true
	case "login":
		var l login
		_ = json.Unmarshal(m.Params, &l) // what is not there stays empty
		r.rec.Worker, r.rec.Agent, r.asked = kept(l.Login), kept(l.Agent), true
		if len(l.Algo) > 0 {
			r.rec.Algo = kept(l.Algo[0])
		}
	}
}

// answer ends a log-in; the first one that comes is its answer, for pools answer in turn.
func (r *reader) answer(m *message, at events.Time) {
	if r.rec.TS == 0 {
		r.rec.TS = at
	}
	if m.Method == "mining.notify" || m.Method == "job" {
		r.rec.Jobs++
		if !r.told && !r.asked { // the log-in was before the capture
			r.tell()
		}
		return
	}
	if !r.asked || m.Method != "" {
		return
	}
	ok := len(m.Error) == 0 || string(m.Error) == "null"
	ok = ok && string(m.Result) != "false"
	r.rec.Success, r.asked = &ok, false
	r.tell()
}

func (r *reader) tell() {
	r.told = true
	r.conv.Confirm("")
	told := r.rec
	r.conv.Emit(&told)
}

// first is the first text of a list.
func first(params json.RawMessage) string {
	var list []any
	if json.Unmarshal(params, &list) != nil || len(list) == 0 {
		return ""
	}
	s, _ := list[0].(string)
	return kept(s)
}

func kept(s string) string { return analyzer.Text([]byte(s[:min(len(s), maxText)])) }

// Gap costs a line or two.
func (r *reader) Gap(flow.Dir, int) error { return nil }

// Close tells what was counted, or of a log-in that nobody answered.
func (r *reader) Close() {
	if !r.told && r.rec.Method == "" && r.rec.Jobs == 0 || r.told && r.rec.Submits == 0 && r.rec.Jobs == 0 {
		return
	}
	r.tell()
}
