package sqlite

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

const (
	crashRounds  = 10
	crashBatch   = 150
	crashStorers = 3
)

// TestRecordsKilledWhileWriting kills a child that stores, seals and merges, again and again in one folder: what was promised is there,
// and nothing is there twice, nor half a batch.
func TestRecordsKilledWhileWriting(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a child many times")
	}
	folder := filepath.Join(t.TempDir(), "data")
	promised := map[string]bool{}
	for round := range crashRounds {
		runRecordsChild(t, folder, round, time.Duration(50+rand.IntN(200))*time.Millisecond, promised)
		checkIntegrity(t, filepath.Join(folder, RecordsFile))
		if round%4 == 3 || round == crashRounds-1 { // what was lost or doubled in any round is so in the last; each check reads everything
			checkPromised(t, folder, promised)
		}
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
	t.Logf("%d batches promised", len(promised))
	if len(promised) < crashRounds {
		t.Error("the child did next to nothing")
	}
}

func runRecordsChild(t *testing.T, folder string, round int, life time.Duration, promised map[string]bool) {
	child := exec.Command(os.Args[0], "-test.run=^TestStoreRecordsInChild$")
	child.Env = append(os.Environ(), "MIRRORWATCH_TEST_RECORDS="+folder, fmt.Sprintf("MIRRORWATCH_TEST_ROUND=%d", round))
	var stderr bytes.Buffer
	child.Stderr = &stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait() //nolint:errcheck // it was killed
	in := bufio.NewReader(out)
	if line, err := in.ReadString('\n'); line != "opened\n" {
		t.Fatalf("child said %q (%v) and %s", line, err, &stderr)
	}
	time.AfterFunc(life, func() { child.Process.Kill() }) //nolint:errcheck // it may have ended
	for {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return // half a line is no promise
		}
		if err != nil {
			t.Fatal(err)
		}
		promised[line[:len(line)-1]] = true
	}
}

func checkPromised(t *testing.T, folder string, promised map[string]bool) {
	s, _ := openRecordStore(t, folder)
	defer s.Close()
	seen := map[string]int{}
	lines := map[string]bool{}
	for q := (store.RecordQuery{From: recordsEpoch, To: recordsEpoch.Add(time.Hour), Limit: 1000}); ; {
		page, err := s.Records.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			if lines[string(item.Line)] {
				t.Errorf("%s is there twice", item.Line)
			}
			lines[string(item.Line)] = true
			var batch string
			fmt.Sscanf(string(item.Line), `{"uid":"%s`, &batch) //nolint:errcheck // checked by the count
			seen[batch]++
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	for batch, n := range seen {
		if n != crashBatch {
			t.Errorf("%d rows of batch %s, want %d", n, batch, crashBatch)
		}
	}
	for batch := range promised {
		if seen[batch] == 0 {
			t.Errorf("batch %s is lost", batch)
		}
	}
}

// TestStoreRecordsInChild is the child; by itself it does nothing.
func TestStoreRecordsInChild(t *testing.T) {
	folder := os.Getenv("MIRRORWATCH_TEST_RECORDS")
	if folder == "" {
		t.Skip("runs as a child of TestRecordsKilledWhileWriting")
	}
	s, r := openRecordStore(t, folder)
	fmt.Println("opened")
	fail := make(chan error)
	for g := range crashStorers {
		go func() { fail <- storeBatches(s, os.Getenv("MIRRORWATCH_TEST_ROUND"), g) }()
	}
	go func() {
		for {
			if err := sealNow(r); err != nil {
				fail <- err
			}
		}
	}()
	fmt.Fprintln(os.Stderr, <-fail) // the parent reads no promise after it, and sees too few
	os.Exit(1)
}

func storeBatches(s *store.Store, round string, g int) error {
	for n := 0; ; n++ {
		batch := fmt.Sprintf("%s-%d-%d", round, g, n)
		rows := make([]store.Row, crashBatch)
		for i := range rows {
			at := recordsEpoch.Add(time.Duration(rand.Int64N(int64(time.Hour))))
			rows[i] = store.Row{Kind: events.Kind([]string{"conn", "dns"}[i%2]), Time: at, Line: fmt.Appendf(nil, `{"uid":"%s ","n":%d}`, batch, i)}
		}
		if err := s.Records.Append(context.Background(), rows...); err != nil {
			return err
		}
		fmt.Println(batch)
	}
}
