package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime/pprof"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/query"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"golang.org/x/sys/unix"
)

// recordBatch is how many records are stored together.
const recordBatch = 5000

// recordsReport is what was measured of records.
type recordsReport struct {
	Records        int64          `json:"records"`
	FillPerSecond  float64        `json:"fill_per_second,omitempty"`
	Bytes          int64          `json:"bytes"`
	BytesPerRecord float64        `json:"bytes_per_record"`
	Open           opening        `json:"open"`
	PeakBytes      int64          `json:"peak_bytes"` // of the whole process
	Answers        []recordAnswer `json:"answers"`
}

// recordAnswer is how long one way to ask one question took, in milliseconds.
type recordAnswer struct {
	Where  string  `json:"where"`
	How    string  `json:"how"`
	Found  int     `json:"found"` // over all days: records, or groups
	DayP50 float64 `json:"day_p50_ms"`
	DayP99 float64 `json:"day_p99_ms"`
	AllP50 float64 `json:"all_p50_ms"`
	AllP99 float64 `json:"all_p99_ms"`
	DayCPU float64 `json:"day_cpu_ms"` // processor time of one answer on average: on a machine with other work, what is to be trusted
	AllCPU float64 `json:"all_cpu_ms"`
	Pass   bool    `json:"pass"`
}

// measureRecords fills, closes, opens again, and asks.
func measureRecords(ctx context.Context, o options, rep *report) error {
	r := &recordsReport{}
	rep.Records = r
	if err := fillRecords(ctx, o, r); err != nil {
		return err
	}
	s, opened, err := open(ctx, o.folder)
	if err != nil {
		return err
	}
	r.Open = opened
	size, err := s.Records.Size(ctx)
	if err == nil {
		r.Records, r.Bytes, r.BytesPerRecord = size.Records, size.Bytes, float64(size.Bytes)/float64(max(size.Records, 1))
		err = profiled(o.profile, func() error { return askRecords(ctx, o, s, r) })
	}
	r.PeakBytes = peakMemory()
	for _, a := range r.Answers {
		rep.Pass = rep.Pass && a.Pass
	}
	return errors.Join(err, s.Close())
}

// profiled writes a profile of what do does, where there is a file for it.
func profiled(path string, do func() error) error {
	if path == "" {
		return do()
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("make profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Join(err, f.Close())
	}
	err = do()
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}

// fillRecords stores records, evenly over the days.
func fillRecords(ctx context.Context, o options, rep *recordsReport) error {
	s, _, err := open(ctx, o.folder)
	if err != nil {
		return err
	}
	if size, err := s.Records.Size(ctx); err != nil || size.Records >= int64(o.records) {
		return errors.Join(err, s.Close())
	}
	batches := make(chan []store.Row, 2)
	go func() {
		defer close(batches)
		t := newTraffic(1)
		for i := 0; i < o.records; i += recordBatch {
			list := make([]store.Row, 0, recordBatch)
			for j := i; j < min(i+recordBatch, o.records); j++ {
				at := epoch().Add(time.Duration(float64(j) / float64(o.records) * float64(days*day)).Truncate(time.Microsecond))
				list = append(list, t.row(at))
			}
			batches <- list
		}
	}()
	began := time.Now()
	p := newProgress("fill", o.records)
	n := 0
	for list := range batches {
		if err == nil {
			err = s.Records.Append(ctx, list...)
		}
		n += len(list)
		p.at(n)
	}
	p.end()
	err = errors.Join(err, s.Close())
	rep.FillPerSecond = float64(o.records) / time.Since(began).Seconds()
	return err
}

// conditions are what records are asked for. {uid}, {addr}, {server} and {name} stand for those of some record.
func conditions() []string {
	return []string{
		"", "id.orig_h = {addr}", "addr = {server}", "addr = 10.20.3.0/24", "id.resp_h = 23.0.0.0/8", "id.resp_h != {server}", "addr ~ \"20.3.1\"",
		"port = 3389", "id.resp_p != 443", "id.orig_p > 60000", "host = {name}", "host = *.site7.example", "query ~ \"mail42\"", "server_name = {name}",
		"uid = {uid}", "uid ~ \"{piece}\"", "orig_bytes > 100000000", "duration >= 1m", "status_code >= 500", "rcode_name = NXDOMAIN",
		"not id.resp_p = 443", "kind = dns and not rcode = 0", "kind = http and uri ~ \"session=ab\"", "port = 22 or service = ssh",
		"addr = 10.20.0.0/16 and (port = 22 or service = ssh) and orig_bytes > 1000000", "any ~ \"site77.example\"", "any ~ \"{piece}\"",
		"answers = {server}", "exists service and conn_state = REJ", "user_agent ~ \"rv:99\" or ja3 ~ \"00000012\"",
	}
}

// ways are how each condition is asked; each says how much it found.
func ways() map[string]func(context.Context, *store.Store, store.RecordQuery) (int, error) {
	top := func(fields ...string) func(context.Context, *store.Store, store.RecordQuery) (int, error) {
		return func(ctx context.Context, s *store.Store, q store.RecordQuery) (int, error) {
			t, err := s.Records.Top(ctx, q, store.TopQuery{Fields: fields, Sum: []string{"orig_bytes"}})
			if err == nil && !t.Complete {
				err = errors.New(t.Why)
			}
			return t.Distinct, err
		}
	}
	return map[string]func(context.Context, *store.Store, store.RecordQuery) (int, error){
		"1 search": func(ctx context.Context, s *store.Store, q store.RecordQuery) (int, error) {
			p, err := s.Records.Search(ctx, q)
			return len(p.Items), err
		},
		"2 search and count": func(ctx context.Context, s *store.Store, q store.RecordQuery) (int, error) {
			q.Count = true
			p, err := s.Records.Search(ctx, q)
			return p.Total, err
		},
		"3 histogram": func(ctx context.Context, s *store.Store, q store.RecordQuery) (n int, err error) {
			h, err := s.Records.Histogram(ctx, q, 90)
			for _, b := range h.Buckets {
				n += b.Count
			}
			return n, err
		},
		"4 top id.resp_h":      top("id.resp_h"),
		"5 top orig_h, resp_p": top("id.orig_h", "id.resp_p"),
	}
}

// askRecords asks every question in every way.
func askRecords(ctx context.Context, o options, s *store.Store, rep *recordsReport) error {
	r := rand.New(rand.NewPCG(5, 5))
	t := newTraffic(2)
	p := newProgress("ask records", len(conditions()))
	defer p.end()
	for i, where := range conditions() {
		p.at(i)
		for _, how := range sortedWays() {
			a := recordAnswer{Where: where, How: how}
			once := func(from time.Time, span time.Duration) func() (time.Duration, error) {
				return func() (took time.Duration, err error) {
					if from.IsZero() {
						took, _, err = askRecord(ctx, s, t, where, how, epoch().Add(time.Duration(r.IntN(days))*day), span)
					} else {
						took, a.Found, err = askRecord(ctx, s, t, where, how, from, span)
					}
					return took, err
				}
			}
			var err error
			began := processorTime()
			if a.DayP50, a.DayP99, err = timed(o.dayRuns, once(time.Time{}, day)); err == nil {
				between := processorTime()
				a.AllP50, a.AllP99, err = timed(o.rangeRuns, once(epoch(), days*day))
				a.DayCPU = millis(between-began) / float64(o.dayRuns)
				a.AllCPU = millis(processorTime()-between) / float64(o.rangeRuns)
			}
			if err != nil {
				return fmt.Errorf("%s %q: %w", how, where, err)
			}
			a.Pass = a.DayP99 < float64(dayBar.Milliseconds()) && a.AllP99 < float64(rangeBar.Milliseconds())
			rep.Answers = append(rep.Answers, a)
		}
	}
	return nil
}

func sortedWays() (names []string) {
	for i := 1; len(names) < len(ways()); i++ {
		for name := range ways() {
			if name[0] == strconv.Itoa(i)[0] {
				names = append(names, name)
			}
		}
	}
	return names
}

func askRecord(ctx context.Context, s *store.Store, t *traffic, where, how string, from time.Time, span time.Duration) (time.Duration, int, error) {
	q := store.RecordQuery{From: from, To: from.Add(span)}
	text := fillIn(t, where)
	if text != "" {
		var err error
		if q.Where, err = query.Parse(text); err != nil {
			return 0, 0, err
		}
	}
	ask := ways()[how]
	began := time.Now()
	n, err := ask(ctx, s, q)
	return time.Since(began), n, err
}

// fillIn puts something that occurs in place of the names in braces.
func fillIn(t *traffic, where string) string {
	b := []byte(where)
	for name, value := range map[string]string{
		"{addr}": t.hosts[t.host.Uint64()].String(), "{server}": t.servers[t.server.Uint64()].String(), "{name}": t.names[t.name.Uint64()],
		"{uid}": t.uid(), "{piece}": t.uid()[3:8],
	} {
		b = bytes.ReplaceAll(b, []byte(name), []byte(value))
	}
	return string(b)
}

// processorTime is what all processors have worked for this process.
func processorTime() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// peakMemory is the most that the process ever held, as the kernel counts it; 0 where it does not say.
func peakMemory() int64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(b, []byte("VmHWM:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kb, _ := strconv.ParseInt(string(fields[0]), 10, 64)
	return kb << 10
}

// print writes what was measured as a table.
func (r *recordsReport) print(to io.Writer) error {
	t := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "\nrecords (ms)\t\tfound\tday p50\tp99 (< %d)\tcpu\t90 days p50\tp99 (< %d)\tcpu\t\n", dayBar.Milliseconds(), rangeBar.Milliseconds())
	for _, a := range r.Answers {
		fmt.Fprintf(t, "%s\t%s\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%s\t\n", a.Where, a.How, a.Found, a.DayP50, a.DayP99, a.DayCPU, a.AllP50, a.AllP99,
			a.AllCPU, verdict(a.Pass))
	}
	fmt.Fprintf(t, "\nrecords\t%d\t\nfilled\t%.0f records/s\t\nfile\t%d MB\t\na record\t%.1f bytes\t\nopened\t%.2f s\t\nheap after opening\t%d MB\t\npeak memory\t%d MB\t\n",
		r.Records, r.FillPerSecond, r.Bytes>>20, r.BytesPerRecord, r.Open.Seconds, r.Open.HeapBytes>>20, r.PeakBytes>>20)
	return t.Flush()
}
