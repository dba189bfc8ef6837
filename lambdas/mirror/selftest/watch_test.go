package selftest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// clock is a time that sleeping moves.
type clock struct{ now time.Time }

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	return ctx.Err()
}

// watched has records come as looks gives them, one answer a look and the last for ever.
func watched(t *testing.T, list []Conversation, looks ...func() ([]Conn, error)) ([]Verdict, int, error) {
	t.Helper()
	c := &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	n := 0
	v, err := Watch(t.Context(), list, WatchOptions{
		Records: func(_ context.Context, from, to time.Time) ([]Conn, error) {
			if !from.Before(c.now) || !to.After(c.now) {
				t.Errorf("asked for %s to %s at %s", from, to, c.now)
			}
			n++
			return looks[min(n, len(looks))-1]()
		},
		Began: c.now, Ended: c.now, Timeout: time.Minute, Every: 2 * time.Second, Now: func() time.Time { return c.now }, Sleep: c.sleep,
	})
	return v, n, err
}

func gives(records ...Conn) func() ([]Conn, error) {
	return func() ([]Conn, error) { return records, nil }
}

func TestWatch(t *testing.T) {
	list := had(t, 2)
	a, b := of(&list[0], 7, "s1", 6, 4), of(&list[1], 7, "s1", 1, 1)
	late := of(&list[0], 7, "s2", 1, 0)
	fails := func() ([]Conn, error) { return nil, errors.New("the server is being restarted") }
	refused := func() ([]Conn, error) { return nil, ErrRefused }
	for name, q := range map[string]struct {
		looks []func() ([]Conn, error)
		bad   int
		asked int
		err   bool
	}{
		"at once":                    {[]func() ([]Conn, error){gives(a, b)}, 0, 2, false},
		"one after the other":        {[]func() ([]Conn, error){gives(), gives(a), fails, gives(a, b)}, 0, 5, false},
		"a sensor tells of it later": {[]func() ([]Conn, error){gives(a, b), gives(a, b, late)}, 1, 2, false},
		"split from the start":       {[]func() ([]Conn, error){gives(a, b, late)}, 1, 1, false},
		"one never comes":            {[]func() ([]Conn, error){gives(a)}, 1, 31, false},
		"one side only":              {[]func() ([]Conn, error){gives(of(&list[0], 7, "s1", 6, 0), b)}, 1, 31, false},
		"no answer ever":             {[]func() ([]Conn, error){fails}, 2, 31, true},
		"the key is refused":         {[]func() ([]Conn, error){refused}, 2, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			v, n, err := watched(t, list, q.looks...)
			if Failed(v) != q.bad || n != q.asked || (err != nil) != q.err {
				t.Errorf("%d failed after %d looks with %v: %+v", Failed(v), n, err, v)
			}
		})
	}
	v, _, _ := watched(t, list, gives(), gives(a), gives(a, b))
	if v[0].Latency != 2*time.Second || v[1].Latency != 4*time.Second {
		t.Errorf("latencies %s and %s", v[0].Latency, v[1].Latency)
	}
}

// TestAPI: pages are walked, the key is sent, and refusals are told apart from trouble.
func TestAPI(t *testing.T) {
	list := had(t, 4)
	status := http.StatusOK
	var queries []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" || r.URL.Path != "/v1/records" || r.FormValue("kind") != "conn" {
			t.Errorf("asked for %s with %v", r.URL, r.Header)
		}
		queries = append(queries, r.FormValue("query"))
		page := map[string]any{"complete": true, "items": []any{map[string]any{"kind": "conn", "time": "2026-01-01T00:00:00Z", "record": map[string]any{
			"proto": "tcp", "id.orig_h": "198.18.7.1", "id.orig_p": 40000, "id.resp_h": "198.19.11.1", "id.resp_p": 7, "orig_pkts": 6, "resp_pkts": 4,
			"sensor": "s1", "vni": 7, "uid": "C" + r.FormValue("cursor"), "ts": 1.5, "more": []int{1},
		}}}}
		if r.FormValue("cursor") == "" {
			page["next"] = "2"
		}
		if status == http.StatusOK && len(queries) > 2 {
			page["complete"], page["why"] = false, "it took too long"
		}
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(page)
	}))
	defer s.Close()
	api := &API{URL: s.URL + "/", Key: "secret", HTTP: s.Client()}
	got, err := api.Conns(t.Context(), list, time.Now(), time.Now())
	if err != nil || len(got) != 2 || got[0].OrigPort != 40000 || got[1].UID != "C2" || got[0].Sensor != "s1" || got[0].VNI != 7 {
		t.Errorf("%+v, %v", got, err)
	}
	if queries[0] != "addr = 198.18.200.0/24" {
		t.Errorf("query %q", queries[0])
	}
	if _, err := api.Conns(t.Context(), list, time.Now(), time.Now()); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("a part of the records was taken for all: %v", err)
	}
	if status = http.StatusForbidden; true {
		if _, err := api.Conns(t.Context(), list, time.Now(), time.Now()); !errors.Is(err, ErrRefused) {
			t.Errorf("403 gives %v", err)
		}
	}
	if status = http.StatusBadGateway; true {
		if _, err := api.Conns(t.Context(), list, time.Now(), time.Now()); err == nil || errors.Is(err, ErrRefused) {
			t.Errorf("502 gives %v", err)
		}
	}
}

// TestTalk: real conversations with an echo service, of which the addresses are known afterwards.
func TestTalk(t *testing.T) {
	echo, err := Listen(t.Context(), "127.0.0.1:0", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- echo.Serve(ctx) }()
	list, err := Talk(t.Context(), had(t, 6), TalkOptions{Peer: echo.Address(), Now: time.Now})
	if err != nil || len(list) != 4 {
		t.Fatalf("%d conversations, %v", len(list), err)
	}
	for _, c := range list {
		if c.Server != netip.MustParseAddrPort(echo.Address()) || c.Client.Addr() != c.Server.Addr() || c.Client.Port() == 0 || c.Proto == ICMP {
			t.Errorf("had %+v", c)
		}
	}
	if got, want := query(list), "addr = 127.0.0.1 and addr = 127.0.0.1 and port = "; !strings.HasPrefix(got, want) {
		t.Errorf("query %q", got)
	}
	if stop(); <-ended != nil {
		t.Error("the echo service ended with an error")
	}
	if _, err := Talk(t.Context(), had(t, 1), TalkOptions{Peer: echo.Address(), Now: time.Now}); err == nil {
		t.Error("nobody answered, and that was no error")
	}
}

// TestEchoIsNoTool: it answers what Talk asks and nothing else, above all no answer: two of them would never end.
func TestEchoIsNoTool(t *testing.T) {
	c := had(t, 1)[0]
	if reply, ok := replyTo(string(c.text(false))); !ok || reply != string(c.text(true)) {
		t.Errorf("reply %q", reply)
	}
	for _, line := range []string{"", "\n", "GET / HTTP/1.1\r\n", string(c.text(true)), asks + "no end of line", asks + strings.Repeat("x", mostLine) + "\n"} {
		if reply, ok := replyTo(line); ok {
			t.Errorf("%.40q gives %.40q", line, reply)
		}
	}
}
