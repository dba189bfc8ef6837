package dcerpc

import (
	"errors"
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

// The endpoint mapper is asked for an interface's port, by hand.
const (
	ids     = "\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\x00\x2b\x14\xa0\xfa\x03\x00\x00\x00" + "\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\x00\x2b\x10\x48\x60\x02\x00\x00\x00"
	bind    = "\x05\x00\x0b\x03\x10\x00\x00\x00\x48\x00\x00\x00\x01\x00\x00\x00" + "\xb8\x10\xb8\x10\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x00" + ids
	bindAck = "\x05\x00\x0c\x03\x10\x00\x00\x00\x20\x00\x00\x00\x01\x00\x00\x00" + "\xb8\x10\xb8\x10\x01\x00\x00\x00\x04\x00135\x00\x00\x00"
	ask     = "\x05\x00\x00\x03\x10\x00\x00\x00\x1c\x00\x00\x00\x02\x00\x00\x00" + "\x04\x00\x00\x00\x00\x00\x03\x00" + "stub"
	answer  = "\x05\x00\x02\x03\x10\x00\x00\x00\x1c\x00\x00\x00\x02\x00\x00\x00" + "\x04\x00\x00\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00"
)

type sent struct {
	d    flow.Dir
	data string
}

var talk = []sent{{flow.Orig, bind}, {flow.Resp, bindAck}, {flow.Orig, ask}, {flow.Resp, answer}}

func run(step int, in ...sent) (out string, service []string, err error) {
	conv := &analyzer.Conversation{
		Transport: analyzer.TCP,
		Confirm:   func(n string) { service = append(service, n) },
		Weird:     func(name, _ string) { out += name },
		Emit:      func(r events.Record) { out += string(append(r.AppendJSON(nil), '\n')) },
	}
	a := Spec.New(conv)
	defer a.Close()
	for i, m := range in {
		for rest := m.data; rest != ""; {
			n := min(step, len(rest))
			if _, err = a.Feed(stream.Chunk{Dir: m.d, Time: int64(i) * 1e6, Data: []byte(rest[:n])}); err != nil {
				return out, service, err
			}
			rest = rest[n:]
		}
	}
	return out, service, nil
}

func TestConversation(t *testing.T) {
	want, service, err := run(1<<20, talk...)
	if err != nil || len(service) != 1 || strings.Count(want, "\n") != 1 {
		t.Fatalf("got %q, service %q, %v", want, service, err)
	}
	for _, part := range []string{`"named_pipe":"135"`, `"endpoint":"epmapper"`, `"operation":"ept_map"`, `"status":0`, `"rtt":0.001`} {
		if !strings.Contains(want, part) {
			t.Errorf("no %s in %s", part, want)
		}
	}
	if got, _, _ := run(1, talk...); got != want {
		t.Errorf("a byte at a time: %q", got)
	}
}

// A log-in by NTLM within binding is told of.
func TestNTLM(t *testing.T) {
	const challenge = "NTLMSSP\x00\x02\x00\x00\x00" + "\x00\x00\x00\x00\x38\x00\x00\x00" + "\x05\x82\x89\xa2" + "CHALLENG" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x38\x00\x00\x00" + "\x06\x01\xb1\x1d\x00\x00\x00\x0f"
	empty := "\x00\x00\x00\x00\x58\x00\x00\x00"
	user := "\x06\x00\x06\x00\x58\x00\x00\x00"
	answer := "NTLMSSP\x00\x03\x00\x00\x00" + empty + empty + empty + user + empty + empty + "\x05\x82\x88\xa2" + "\x0a\x00\x63\x45\x00\x00\x00\x0f" + strings.Repeat("\x00", 16) + "a\x00n\x00n\x00"
	with := func(kind byte, body, token string) string {
		length := 16 + len(body) + 8 + len(token)
		return "\x05\x00" + string([]byte{kind, 3}) + "\x10\x00\x00\x00" + string([]byte{byte(length), byte(length >> 8), byte(len(token)), byte(len(token) >> 8)}) + "\x01\x00\x00\x00" + body + "\x0a\x06\x00\x00\x00\x00\x00\x00" + token
	}
	in := []sent{{flow.Resp, with(12, bindAck[16:], challenge)}, {flow.Orig, with(16, "\x00\x00\x00\x00", answer)}}
	for _, step := range []int{1, 1 << 20} {
		got, service, err := run(step, in...)
		if err != nil || strings.Join(service, ",") != "ntlm," || strings.Count(got, "\n") != 1 || !strings.Contains(got, `"username":"ann"`) || !strings.Contains(got, `"carrier":"dce_rpc"`) {
			t.Errorf("%d at a time: %s, services %q, %v", step, got, service, err)
		}
	}
}

func TestNotMine(t *testing.T) {
	if _, service, err := run(1<<20, sent{flow.Orig, "GET / HTTP/1.1\r\n\r\n"}); !errors.Is(err, analyzer.ErrNotMine) || service != nil {
		t.Errorf("got %v, service %q", err, service)
	}
	if _, _, err := run(1<<20, append(talk, sent{flow.Orig, "GET / HTTP/1.1\r\n\r\n"})...); err != nil {
		t.Errorf("nonsense later: %v", err)
	}
}

// From the middle a conversation is known by a call as well as by a bind.
func TestProbe(t *testing.T) {
	for head, want := range map[string]analyzer.Verdict{bind: analyzer.Yes, ask: analyzer.Yes, answer: analyzer.Yes, bind[:9]: analyzer.Maybe, "SSH-2.0-x": analyzer.No} {
		if got := Spec.Probe(flow.Orig, []byte(head), false); got != want {
			t.Errorf("%q: got %d, want %d", head, got, want)
		}
	}
}

func TestGap(t *testing.T) {
	var n int
	a := Spec.New(&analyzer.Conversation{Emit: func(events.Record) { n++ }, Confirm: func(string) {}, Weird: func(string, string) {}})
	feed := func(d flow.Dir, data string) {
		if _, err := a.Feed(stream.Chunk{Dir: d, Data: []byte(data)}); err != nil {
			t.Fatal(err)
		}
	}
	feed(flow.Orig, bind+ask[:10])
	if err := a.Gap(flow.Orig, 4); err != nil {
		t.Fatal(err)
	}
	feed(flow.Orig, ask[14:])
	feed(flow.Orig, ask)
	feed(flow.Resp, answer)
	a.Close()
	if n != 1 {
		t.Errorf("%d records", n)
	}
}

func FuzzConversation(f *testing.F) {
	f.Add(bind+ask, bindAck+answer, uint8(3))
	f.Fuzz(func(t *testing.T, orig, resp string, step uint8) {
		if len(orig)+len(resp) > 4096 {
			return
		}
		in := []sent{{flow.Orig, orig}, {flow.Resp, resp}}
		whole, _, err := run(1<<20, in...)
		const malformed = "dce_rpc_malformed" // where the way is found again depends on the chunks
		if parts, _, err2 := run(int(step)+1, in...); err == nil && (parts != whole || err2 != nil) && !strings.Contains(whole+parts, malformed) {
			t.Fatalf("whole %q, in parts %q, %v", whole, parts, err2)
		}
	})
}

func BenchmarkConversation(b *testing.B) {
	a := Spec.New(&analyzer.Conversation{Emit: func(events.Record) {}, Confirm: func(string) {}, Weird: func(string, string) {}})
	b.SetBytes(int64(len(ask) + len(answer)))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = a.Feed(stream.Chunk{Dir: flow.Orig, Data: []byte(ask)})
		_, _ = a.Feed(stream.Chunk{Dir: flow.Resp, Data: []byte(answer)})
	}
}
