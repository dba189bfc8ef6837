package stratum

import (
	"strings"
	"testing"

	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer"
	"github.com/mirrorwatch/mirrorwatch/sensor/analyzer/analyzertest"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
	"github.com/mirrorwatch/mirrorwatch/sensor/stream"
)

type said = analyzertest.Said

var (
	client, server = analyzertest.Client, analyzertest.Server
	specs          = []analyzer.Spec{Spec}
)

const (
	subscribe = `{"id": 1, "method": "mining.subscribe", "params": ["cgminer/4.9"]}` + "\n"
	authorize = `{"id":2,"method":"mining.authorize","params":["bc1qexample.rig1","hunter2"]}` + "\n"
	notify    = `{"id":null,"method":"mining.notify","params":["job1","00","01",[],true]}` + "\n"
	submit    = `{"id":3,"method":"mining.submit","params":["bc1qexample.rig1","job1","0","1","2"]}` + "\n"
	monero    = `{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"4Example","pass":"hunter2","agent":"XMRig/6.21.0","algo":["rx/0"]}}` + "\n"
)

func bitcoin() []said {
	return []said{
		client(subscribe), server(`{"id":1,"result":[[],"ab",4],"error":null}` + "\n"), client(authorize), server(`{"id":2,"result":true,"error":null}` + "\n"),
		server(notify), client(submit), server(`{"id":3,"result":true,"error":null}` + "\n"),
	}
}

// Catches: a miner that is not known, from the beginning or the middle, on any port; a pool's password kept; a count that is lost.
func TestMiners(t *testing.T) {
	for _, c := range []struct {
		name string
		said []said
		want []string
		n    int
	}{
		{"Bitcoin", bitcoin(), []string{`"method":"mining.authorize","worker":"bc1qexample.rig1","agent":"cgminer/4.9","success":true,"pool_is_orig":false,"jobs":0,"submits":0}`, `"jobs":1,"submits":1}`}, 2},
		{"Monero", []said{client(monero), server(`{"id":1,"jsonrpc":"2.0","error":null,"result":{"id":"x","job":{"blob":"07"},"status":"OK"}}` + "\n")}, []string{`"method":"login","worker":"4Example","agent":"XMRig/6.21.0","algo":"rx/0","success":true`}, 1},
		{"refused", []said{client(monero), server(`{"id":1,"jsonrpc":"2.0","error":{"code":-1,"message":"Banned"}}` + "\n")}, []string{`"success":false`}, 1},
		{"nobody answers", []said{client(subscribe + authorize)}, []string{`"worker":"bc1qexample.rig1"`}, 1},
		{"from the middle", []said{server(notify), client(submit), server(notify)}, []string{`"jobs":2,"submits":1}`}, 2},
		{"from the middle, the pool first", []said{client(notify), server(submit), client(`{"id":3,"result":true,"error":null}` + "\n")}, []string{`"pool_is_orig":true,"jobs":1,"submits":0}`, `"submits":1}`}, 2},
		{"innocent: JSON-RPC of another kind", []said{client(`{"id":1,"method":"getinfo","params":[]}` + "\n"), server("{}\n")}, []string{"services [] "}, 0},
		{"innocent: JSON", []said{client(`{"login":"a","agent":"b"}` + "\n")}, []string{"services [] "}, 0},
	} {
		r := analyzertest.Same(t, specs, 40001, c.said)
		text := analyzertest.Text(r)
		for _, w := range c.want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: missing %s in\n%s", c.name, w, text)
			}
		}
		if len(r.Records) != c.n || strings.Contains(text, "hunter2") {
			t.Errorf("%s: %d records, want %d:\n%s", c.name, len(r.Records), c.n, text)
		}
	}
	analyzertest.Holes(t, specs, 3333, bitcoin())
}

// Stated: work that a pool gives out is counted without an allocation.
func TestAllocations(t *testing.T) {
	r := &reader{conv: &analyzer.Conversation{}, told: true, sided: true, pool: flow.Resp}
	c := stream.Chunk{Dir: flow.Resp, Data: []byte(notify)}
	if n := testing.AllocsPerRun(100, func() { _, _ = r.Feed(c) }); n > 0 {
		t.Errorf("%v allocations for a job", n)
	}
}

func BenchmarkMiner(b *testing.B) {
	all := bitcoin()
	b.ReportAllocs()
	for b.Loop() {
		analyzertest.Play(specs, 3333, all, 0)
	}
}

func FuzzStratum(f *testing.F) {
	analyzertest.Fuzz(f, Spec, subscribe+authorize, notify+submit, monero)
}
