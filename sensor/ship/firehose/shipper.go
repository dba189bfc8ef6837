// Package firehose carries records to the archive in AWS. What comes in is records, already encoded, from the one goroutine of the
// pipeline; what goes out is frames of zstd with JSON lines in them, each a record of a Firehose stream, and, while Firehose does not
// take them, files in a folder. It never makes the pipeline wait for network or disk, never changes a record, and counts what is lost.
package firehose

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/firehose"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Limits. Firehose takes records of at most 1,000 KiB, 500 of them and 4 MiB at a time. A frame of lines that do not compress is a few
// bytes longer than they are, so the lines bound it.
const (
	FrameBytes  = 900_000   // of lines in one frame
	batchFrames = 500       // frames that are put at once
	batchBytes  = 2_800_000 // bytes of them: the request has them in base64, and stays below 4 MiB even so
	rawFrames   = 16        // frames of lines that may wait to be packed, besides the one that is being filled
	memoryBytes = 8 << 20   // packed frames that wait in memory

	DefaultSpool = 2 << 30          // bytes on disk where the options say nothing
	DefaultEvery = 10 * time.Second // how long a record waits for others to share a frame

	firstRetry  = 500 * time.Millisecond
	latestRetry = 30 * time.Second
	callTime    = 30 * time.Second // for one request
)

// Client is what is needed of Firehose's client.
type Client interface {
	PutRecordBatch(ctx context.Context, in *firehose.PutRecordBatchInput, opts ...func(*firehose.Options)) (*firehose.PutRecordBatchOutput, error)
}

// Options set up a Shipper.
type Options struct {
	Client   Client
	Stream   string        // its name
	Dir      string        // folder of the spool, made where it is missing; "": there is none, and what does not fit into memory is lost
	MaxSpool int64         // bytes in it; 0: DefaultSpool
	Every    time.Duration // how long a record waits for others, in packet time; 0: DefaultEvery
	Retry    time.Duration // between the first two attempts while Firehose takes nothing, doubled up to half a minute; 0: half a second
	// Failed is told when trouble begins and, with nil, when it is over. Note is given lines for a person: what is lost, and why. Both
	// are called from the shipper's own goroutines and may be nil.
	Failed func(error)
	Note   func(string)
}

// Shipper carries records. Record, Tick and Close belong to one goroutine.
type Shipper struct {
	o       Options
	filling *lines
	now     events.Time
	made    int // frames of lines that there are

	full, free chan *lines
	out        *outbox
	ending     chan struct{} // closed when no more records come
	packing    sync.WaitGroup
	sending    sync.WaitGroup
	stop       context.CancelFunc
	counts     counts
}

// counts are for whoever asks meanwhile.
type counts struct {
	sent, sentBytes, frames, retries, lost atomic.Uint64
	raw                                    atomic.Int64 // records that wait to be packed
	trouble                                atomic.Pointer[string]
}

// Stats is how the shipping stands.
type Stats struct {
	Sent, SentBytes, Frames uint64 // what Firehose took: records, bytes of frames, frames
	Retries                 uint64 // requests of which not everything was taken
	Waiting                 int64  // records in memory, without those of the frame that is being filled
	Spooled                 int64  // records on disk
	SpoolBytes              int64
	Lost                    uint64 // records
}

// lines is what becomes one frame.
type lines struct {
	text    []byte
	records int
	since   events.Time // when the first came
}

// New opens the spool and starts. What is found in the spool is sent first. Close ends it.
func New(o Options) (*Shipper, error) {
	if o.Client == nil || o.Stream == "" {
		return nil, errors.New("make shipper: no client or no stream")
	}
	o.fill()
	s := &Shipper{o: o, full: make(chan *lines, rawFrames+1), free: make(chan *lines, rawFrames+1), ending: make(chan struct{})}
	pack, err := newPacker()
	if err != nil {
		return nil, err
	}
	s.out = &outbox{wake: make(chan struct{}, 1), lose: s.lose}
	if o.Dir != "" {
		if s.out.spool, err = openSpool(o.Dir, o.MaxSpool, s.lose, pack.whole); err != nil {
			return nil, err
		}
		s.out.seq = s.out.spool.next
		s.out.mu.Lock()
		s.out.unlock()
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.packing.Go(func() { s.pack(pack) })
	s.sending.Go(func() { s.send(ctx) })
	return s, nil
}

func (o *Options) fill() {
	if o.MaxSpool == 0 {
		o.MaxSpool = DefaultSpool
	}
	if o.Every == 0 {
		o.Every = DefaultEvery
	}
	if o.Retry == 0 {
		o.Retry = firstRetry
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	if o.Note == nil {
		o.Note = func(string) {}
	}
}

// Record takes a record's JSON, which is borrowed, and its time. Where packing does not keep up the record is lost: to see the packets
// is worth more than to keep what was seen.
func (s *Shipper) Record(k events.Kind, at events.Time, line []byte) {
	if len(line) < 3 || line[0] != '{' || len(line)+lineExtra+len(k) > FrameBytes {
		s.lose(1, fmt.Sprintf("a record of %s has %d bytes: no object, or too long for a frame", k, len(line)))
		return
	}
	if s.filling != nil && len(s.filling.text)+lineExtra+len(k)+len(line) > FrameBytes {
		s.cut()
	}
	if s.filling == nil && !s.begin() {
		s.lose(1, "records come faster than they are packed")
		return
	}
	b := s.filling
	b.text = appendLine(b.text, k, at, line)
	b.records++
}

// begin gives the next frame's lines their place, and says whether there is any.
func (s *Shipper) begin() bool {
	select {
	case s.filling = <-s.free:
	default:
		if s.made > rawFrames {
			return false
		}
		s.made++
		s.filling = &lines{text: make([]byte, 0, FrameBytes)}
	}
	s.filling.since = s.now
	return true
}

// Tick lets packet time pass: what has waited long enough goes.
func (s *Shipper) Tick(now events.Time) {
	s.now = now
	if s.filling != nil && now.Sub(s.filling.since) >= s.o.Every {
		s.cut()
	}
}

// cut hands the lines on. There are no more of them than the channel holds: it never waits.
func (s *Shipper) cut() {
	s.counts.raw.Add(int64(s.filling.records))
	s.full <- s.filling
	s.filling = nil
}

// lose counts records that are lost, and tells of it when it begins: again when something was sent in between.
func (s *Shipper) lose(records int, why string) {
	s.counts.lost.Add(uint64(records))
	if s.out.tellLoss() {
		s.o.Note(fmt.Sprintf("records are lost, %d so far: %s", s.counts.lost.Load(), why))
	}
}

// Close sends what waits, as long as ctx lasts, and leaves the rest in the spool for the next start. The error says how many records were
// lost since the start.
func (s *Shipper) Close(ctx context.Context) error {
	if s.filling != nil {
		s.cut()
	}
	close(s.full)
	s.packing.Wait()
	close(s.ending)
	s.out.end()
	end := context.AfterFunc(ctx, s.stop)
	s.sending.Wait()
	end()
	s.stop()
	left, err := s.out.close()
	if left > 0 {
		s.o.Note(fmt.Sprintf("%d records wait in %s for the next start", left, s.o.Dir))
	}
	if n := s.counts.lost.Load(); n > 0 {
		err = errors.Join(err, fmt.Errorf("ship records to %s: %d were lost", s.o.Stream, n))
	}
	return err
}

// Stats gives the counts of now.
func (s *Shipper) Stats() Stats {
	waiting, spooled, bytes := s.out.stats()
	c := &s.counts
	return Stats{
		Sent: c.sent.Load(), SentBytes: c.sentBytes.Load(), Frames: c.frames.Load(), Retries: c.retries.Load(), Waiting: waiting + c.raw.Load(),
		Spooled: spooled, SpoolBytes: bytes, Lost: c.lost.Load(),
	}
}

// Losing says why Firehose takes nothing, where records have been lost since it last took any, or since they came faster than they
// could be packed; else "".
func (s *Shipper) Losing() string {
	switch {
	case !s.out.told.Load():
		return ""
	case s.counts.trouble.Load() == nil:
		return fmt.Sprintf("records: %d are lost", s.counts.lost.Load())
	}
	return s.Trouble()
}

// Trouble says why Firehose takes nothing now, and what becomes of the records; "" where all is well.
func (s *Shipper) Trouble() string {
	t := s.counts.trouble.Load()
	if t == nil {
		return ""
	}
	st := s.Stats()
	return fmt.Sprintf("records: %s; %d wait, %d bytes of them on disk, %d are lost", *t, st.Waiting+st.Spooled, st.SpoolBytes, st.Lost)
}
