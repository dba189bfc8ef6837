// Apiload asks an API at a steady rate and says how long the answers took. What comes in is an address, a key and a rate; what goes
// out is requests to that address, which is loopback unless told otherwise, and a table of times. Requests go out when they are due,
// whether or not earlier ones were answered, so that a slow answer is not hidden by asking less (coordinated omission).
//
//	MIRRORWATCH_API_KEY=mw_... go run ./test/bench/apiload --url http://127.0.0.1:8080 --rate 200 --seconds 60
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"
)

// answer is one request and what became of it.
type answer struct {
	name string
	took time.Duration // from when it was due
	err  string
}

func main() {
	url := flag.String("url", "http://127.0.0.1:8080", "address of the API")
	rate := flag.Int("rate", 200, "requests a second")
	seconds := flag.Float64("seconds", 60, "how long")
	limit := flag.Duration("p99", 50*time.Millisecond, "fail when the 99th percentile is above")
	asJSON := flag.Bool("json", false, "print JSON")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	c := &client{base: strings.TrimSuffix(*url, "/"), key: os.Getenv("MIRRORWATCH_API_KEY"), http: newHTTP()}
	if err := c.learn(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "apiload:", err)
		os.Exit(1)
	}
	all := run(ctx, c, *rate, time.Duration(*seconds*float64(time.Second)))
	if !report(os.Stdout, all, *limit, *asJSON) {
		os.Exit(1)
	}
}

func newHTTP() *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256, MaxConnsPerHost: 256}}
}

// run sends a request whenever one is due.
func run(ctx context.Context, c *client, rate int, length time.Duration) []answer {
	total := int(float64(rate) * length.Seconds())
	all := make([]answer, total)
	var waiting sync.WaitGroup
	start := time.Now()
	for i := range total {
		due := start.Add(time.Duration(i) * time.Second / time.Duration(rate))
		select {
		case <-ctx.Done():
			waiting.Wait()
			return all[:i]
		case <-time.After(time.Until(due)):
		}
		waiting.Go(func() { all[i] = c.ask(ctx, i, due) })
	}
	waiting.Wait()
	return all
}

// figures is how one kind of request, or all of them, fared.
type figures struct {
	Name     string  `json:"name"`
	Requests int     `json:"requests"`
	Errors   int     `json:"errors"`
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	Max      float64 `json:"max_ms"`
	First    string  `json:"first_error,omitempty"`
}

func report(w io.Writer, all []answer, limit time.Duration, asJSON bool) bool {
	byName := map[string][]answer{"all": all}
	for _, a := range all {
		byName[a.name] = append(byName[a.name], a)
	}
	var list []figures
	for name, some := range byName {
		list = append(list, sum(name, some))
	}
	slices.SortFunc(list, func(a, b figures) int { return strings.Compare(a.Name, b.Name) })
	whole := sum("all", all)
	good := whole.Errors == 0 && whole.Requests > 0 && whole.P99 <= float64(limit)/1e6
	if asJSON {
		json.NewEncoder(w).Encode(map[string]any{"good": good, "requests": list}) //nolint:errcheck // standard output
		return good
	}
	fmt.Fprintf(w, "%-22s %9s %7s %9s %9s %9s\n", "request", "sent", "errors", "p50 ms", "p99 ms", "max ms")
	for _, f := range list {
		fmt.Fprintf(w, "%-22s %9d %7d %9.2f %9.2f %9.2f  %s\n", f.Name, f.Requests, f.Errors, f.P50, f.P99, f.Max, f.First)
	}
	fmt.Fprintf(w, "%d requests, %d errors, p99 %.2f ms (at most %.0f): %s\n", whole.Requests, whole.Errors, whole.P99, float64(limit)/1e6, verdict(good))
	return good
}

func verdict(good bool) string {
	if good {
		return "good"
	}
	return "NOT GOOD"
}

func sum(name string, some []answer) figures {
	f := figures{Name: name, Requests: len(some)}
	var times []time.Duration
	for _, a := range some {
		times = append(times, a.took)
		if a.err != "" {
			if f.Errors++; f.First == "" {
				f.First = a.err
			}
		}
	}
	if len(times) == 0 {
		return f
	}
	slices.Sort(times)
	at := func(q float64) float64 { return float64(times[min(len(times)-1, int(q*float64(len(times))))]) / 1e6 }
	f.P50, f.P99, f.Max = at(0.5), at(0.99), at(1)
	return f
}
