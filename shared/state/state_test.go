package state

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func ignore(Entry) error { return nil }

func open(t *testing.T, o Options, each func(Entry) error) *Log {
	t.Helper()
	l, err := Open(o, each)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func closed(t *testing.T, l *Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// filled makes a folder with a snapshot and a log behind it, and gives what is kept.
func filled(t *testing.T, dir string) world {
	t.Helper()
	o := Options{Dir: dir, Parts: testParts(), CompactAfter: 1}
	l := open(t, o, ignore)
	w := world{}
	put := func(part string, n int, value string) {
		l.Put(part, fmt.Appendf(nil, "k%d", n), []byte(value))
		w[part+fmt.Sprint("k", n)] = value
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 3000 {
		put([]string{"a", "b"}[n%2], n, strings.Repeat(fmt.Sprint(rng.Uint64()), 20))
	}
	l.Commit(1)
	waitUntil(t, "a snapshot is made", func() bool { return l.Stats().Compaction > 0 || l.nudged() })
	closed(t, l)
	o.CompactAfter = 0
	l = open(t, o, ignore)
	for n := 0; n < 3000; n += 3 {
		put([]string{"a", "b"}[n%2], n, fmt.Sprint("later ", n))
	}
	l.Commit(2)
	put("a", 7000, "in the third minute")
	l.Commit(3)
	closed(t, l)
	return w
}

// nudged wakes the writer, so that it takes up a snapshot that is done.
func (l *Log) nudged() bool { l.queue.nudge(); return false }

func waitUntil(t *testing.T, what string, f func() bool) {
	t.Helper()
	for range 5000 {
		if f() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("not within five seconds: %s", what)
}

func contents(t *testing.T, o Options) (world, Report) {
	t.Helper()
	w := world{}
	r, err := Read(o, func(e Entry) error { w[e.Part.Name+string(e.Key)] = string(e.Value); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return w, r
}

func names(t *testing.T, dir, prefix string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, prefix+"*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Catches: entries that come back in another order than they were written in, changed, twice or not at all; a count that is wrong.
func TestEntriesComeBackInOrder(t *testing.T) {
	o := Options{Dir: filepath.Join(t.TempDir(), "state"), Parts: testParts()}
	l := open(t, o, ignore)
	for _, k := range []string{"1", "2", "3", "4"} {
		l.Put("a", []byte(k), []byte("first "+k))
	}
	l.Put("b", nil, []byte{}) // neither a key nor a value is nothing
	l.Commit(60)
	l.Put("a", []byte("1"), []byte("second"))
	l.Put("a", []byte("3"), nil)
	l.Commit(120)
	l.Put("a", []byte("2"), []byte("of a minute that never ended"))
	closed(t, l)
	var got []string
	l = open(t, o, func(e Entry) error {
		got = append(got, fmt.Sprintf("%s/%d %s=%s", e.Part.Name, e.Part.Version, e.Key, e.Value))
		return nil
	})
	defer closed(t, l)
	if want := []string{"a/1 2=first 2", "a/1 4=first 4", "b/2 =", "a/1 1=second"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if r := l.Report(); r.At != 120 || r.Entries != 4 || len(r.LeftOut) != 0 || len(r.Parts) != 2 || r.Parts[0].Entries != 3 {
		t.Errorf("report %+v", r)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	o := Options{Dir: t.TempDir(), Parts: testParts()}
	l := open(t, o, ignore)
	if _, err := Open(o, ignore); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), o.Dir) {
		t.Errorf("a second one: %v", err)
	}
	l.Put("a", []byte("k"), []byte("v"))
	l.Commit(1)
	waitUntil(t, "written", l.Written)
	if w, _ := contents(t, o); len(w) != 1 {
		t.Errorf("who only looks sees %v", w)
	}
	closed(t, l)
	closed(t, open(t, o, ignore))
}

// TestDamage changes bytes of a snapshot and of a log, one place at a time. What is told names the file and the place; what is not in the
// place is used; the file is kept aside; and then everything goes on without a word.
func TestDamage(t *testing.T) {
	whole := t.TempDir()
	want := filled(t, whole)
	snapshot, logs := names(t, whole, snapshotName), names(t, whole, logName)
	if len(snapshot) != 1 || len(logs) != 1 {
		t.Fatalf("files %v %v", snapshot, logs)
	}
	for _, path := range []string{snapshot[0], logs[0]} {
		size := fileSize(t, path)
		for n := range int64(12) {
			at := n * size / 12
			t.Run(fmt.Sprintf("%s at %d", filepath.Base(path)[:4], at), func(t *testing.T) {
				dir := t.TempDir()
				if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
					t.Fatal(err)
				}
				name := filepath.Base(path)
				scratch(t, filepath.Join(dir, name), at)
				damaged(t, dir, name, want)
			})
		}
	}
}

func damaged(t *testing.T, dir, name string, want world) {
	o := Options{Dir: dir, Parts: testParts(), Now: time.Now}
	bad, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	got := world{}
	l := open(t, o, func(e Entry) error { got[e.Part.Name+string(e.Key)] = string(e.Value); return nil })
	r := l.Report()
	if len(r.LeftOut) == 0 || !strings.Contains(r.LeftOut[0], name) {
		t.Errorf("told: %q", r.LeftOut)
	}
	if len(got) < len(want)/3 {
		t.Errorf("%d of %d entries are used", len(got), len(want))
	}
	waitUntil(t, "a snapshot of the good part", func() bool { l.nudged(); return l.Stats().Compaction > 0 })
	closed(t, l)
	if aside, err := os.ReadFile(filepath.Join(dir, asideName+name)); err != nil || !bytes.Equal(aside, bad) {
		t.Errorf("the damaged file is not kept aside: %v", err)
	}
	again, r := contents(t, o)
	if !maps.Equal(again, got) || len(r.LeftOut) > 0 || len(r.Aside) != 1 {
		t.Errorf("afterwards %d entries instead of %d, told %q, aside %q", len(again), len(got), r.LeftOut, r.Aside)
	}
}

func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func scratch(t *testing.T, path string, at int64) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 0x55
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Catches: a place that takes the rest of the file with it.
func TestOnlyTheDamagedFrameIsLost(t *testing.T) {
	dir := t.TempDir()
	want := filled(t, dir)
	path := names(t, dir, snapshotName)[0]
	f, err := osDisk{}.open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	frames := scanFrames(f, fileSize(t, path)).frames
	if len(frames) < 5 {
		t.Fatalf("%d frames", len(frames))
	}
	for _, part := range []int64{2, frameHeader + 5} { // its header, and what it holds
		scratch(t, path, frames[1].at+part)
		w, r := contents(t, Options{Dir: dir, Parts: testParts()})
		place := fmt.Sprintf("from byte %d to %d", frames[1].at, frames[2].at)
		if len(w) < len(want)*9/10-len(want)/len(frames) || len(r.LeftOut) != 1 || !strings.Contains(r.LeftOut[0], place) {
			t.Errorf("%d of %d entries, told %q, want %q", len(w), len(want), r.LeftOut, place)
		}
		scratch(t, path, frames[1].at+part)
	}
}

// TestCutShort cuts a snapshot, which a crash cannot do, and a log, which it can: only the first is told.
func TestCutShort(t *testing.T) {
	dir := t.TempDir()
	want := filled(t, dir)
	log := names(t, dir, logName)[0]
	if err := os.Truncate(log, fileSize(t, log)-3); err != nil {
		t.Fatal(err)
	}
	w, r := contents(t, Options{Dir: dir, Parts: testParts()})
	if r.At != 2 || len(w) != len(want)-1 || len(r.LeftOut) > 0 {
		t.Errorf("log: at %d with %d of %d entries, told %q", r.At, len(w), len(want), r.LeftOut)
	}
	snapshot := names(t, dir, snapshotName)[0]
	if err := os.Truncate(snapshot, fileSize(t, snapshot)/2); err != nil {
		t.Fatal(err)
	}
	w, r = contents(t, Options{Dir: dir, Parts: testParts()})
	if len(w) < len(want)/3 || len(r.LeftOut) == 0 || !strings.Contains(r.LeftOut[len(r.LeftOut)-1], "cut short at byte") {
		t.Errorf("snapshot: %d of %d entries, told %q", len(w), len(want), r.LeftOut)
	}
}

// TestOtherVersion: a part of another version is left out and says so, the other parts are used, and the file is there for who goes back.
func TestOtherVersion(t *testing.T) {
	dir := t.TempDir()
	want := filled(t, dir)
	o := Options{Dir: dir, Parts: []Part{{"a", 1}, {"b", 3}}}
	l := open(t, o, func(e Entry) error {
		if e.Part != (Part{"a", 1}) {
			t.Fatalf("part %v", e.Part)
		}
		return nil
	})
	if r := l.Report(); r.Entries != 1501 || len(r.LeftOut) != 1 || r.LeftOut[0] != "part b is of version 2, and this program reads version 3: 1500 entries are left out" {
		t.Errorf("%d entries, told %q", r.Entries, r.LeftOut)
	}
	waitUntil(t, "a snapshot without it", func() bool { l.nudged(); return l.Stats().Compaction > 0 })
	closed(t, l)
	for _, name := range names(t, dir, asideName) {
		if err := os.Rename(name, strings.Replace(name, asideName, "", 1)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names(t, dir, snapshotName) { // the newest is the new program's
		if fileSize(t, name) < fileSize(t, names(t, dir, snapshotName)[0]) {
			os.Remove(name)
		}
	}
	if w, r := contents(t, Options{Dir: dir, Parts: testParts()}); !maps.Equal(w, want) {
		t.Errorf("who goes back finds %d of %d: %q", len(w), len(want), r.LeftOut)
	}
}

func TestOtherFormatAndStrangers(t *testing.T) {
	for name, c := range map[string]struct {
		change func(b []byte)
		want   string
	}{
		"another format": {func(b []byte) {
			copy(b, appendFileHeader(nil, aSnapshot, 1))
			b[8] = 9
			copy(b[24:], binarySum(b[:24]))
		}, "it is of format 9, and this program reads format 1"},
		"a stranger":         {func(b []byte) { clear(b) }, "it does not begin as a state file does"},
		"a changed header":   {func(b []byte) { b[17] ^= 1 }, "its header is damaged"},
		"another generation": {func(b []byte) { copy(b, appendFileHeader(nil, aSnapshot, 999)) }, "its header is another file's"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			filled(t, dir)
			path := names(t, dir, snapshotName)[0]
			b, _ := os.ReadFile(path)
			c.change(b)
			os.WriteFile(path, b, 0o600)
			w, r := contents(t, Options{Dir: dir, Parts: testParts()})
			if len(w) < 1000 || len(r.LeftOut) == 0 || !strings.Contains(r.LeftOut[0], filepath.Base(path)+": "+c.want) {
				t.Errorf("%d entries, told %q", len(w), r.LeftOut)
			}
		})
	}
}

func binarySum(b []byte) []byte {
	h := appendFrame(nil, ofEntries, plain, b, len(b)) // a frame has the checksum of what it holds
	return h[16:20]
}

// TestValueThatItsOwnerRefuses is told with part and key, and is gone at the next start; the file is kept aside.
func TestValueThatItsOwnerRefuses(t *testing.T) {
	o := Options{Dir: t.TempDir(), Parts: testParts()}
	l := open(t, o, ignore)
	l.Put("a", []byte("good"), []byte("1"))
	l.Put("a", []byte("bad"), []byte("2"))
	l.Commit(1)
	closed(t, l)
	l = open(t, o, func(e Entry) error {
		if string(e.Key) == "bad" {
			return errors.New("has no length")
		}
		return nil
	})
	if r := l.Report(); r.Entries != 1 || len(r.LeftOut) != 1 || !strings.Contains(r.LeftOut[0], `part a, key "bad": has no length`) {
		t.Errorf("report %+v", r)
	}
	l.Commit(2)
	closed(t, l)
	if w, r := contents(t, o); len(w) != 1 || len(r.LeftOut) > 0 {
		t.Errorf("afterwards %v, told %q", w, r.LeftOut)
	}
}

func TestLimits(t *testing.T) {
	o := Options{Dir: t.TempDir(), Parts: testParts(), MaxBytes: 4 << 20, CompactAfter: 1 << 40, NoCompress: true}
	l := open(t, o, ignore)
	l.Put("a", make([]byte, MaxKey+1), nil)
	l.Put("a", []byte("k"), make([]byte, MaxValue+1))
	l.Put("c", []byte("k"), nil)
	if l.Stats().Refused != 3 {
		t.Errorf("%d refused", l.Stats().Refused)
	}
	l.Put("a", make([]byte, MaxKey), make([]byte, MaxValue))
	l.Commit(1)
	waitUntil(t, "the folder's bound is told", func() bool { return !l.Room() && strings.Contains(l.Stats().Trouble, "is its bound") })
	closed(t, l)
	if w, _ := contents(t, o); len(w) != 1 {
		t.Errorf("%d entries", len(w))
	}
}

// TestTroubleIsToldOnce: while the disk refuses, what is put in waits, Room says when it is enough, and everything is there afterwards.
func TestTroubleIsToldOnce(t *testing.T) {
	d := newFaultyDisk(1)
	for n := range 50 {
		d.plan[4+n] = refuse
	}
	var told []error
	o := testOptions(d)
	o.Failed = func(err error) { told = append(told, err) }
	l := open(t, o, ignore)
	l.Put("a", []byte("k"), []byte("v"))
	l.Commit(1)
	waitUntil(t, "written", l.Written)
	closed(t, l)
	if len(told) != 2 || !errors.Is(told[0], errDisk) || told[1] != nil {
		t.Errorf("told %v", told)
	}
	if w, _ := restored(t, d); len(w) != 1 {
		t.Errorf("%d entries", len(w))
	}
}

// TestCloseOnADeadDisk ends, and says what is not kept.
func TestCloseOnADeadDisk(t *testing.T) {
	d := newFaultyDisk(1)
	l := open(t, testOptions(d), ignore)
	d.plan[d.ops+1] = cutOff
	l.Put("a", []byte("k"), []byte("v"))
	l.Commit(1)
	if err := l.Close(); !errors.Is(err, errCut) || !strings.Contains(err.Error(), "not kept") {
		t.Errorf("close: %v", err)
	}
}

// TestManyStartsLeaveFewFiles: a program that dies at every start must not fill the folder.
func TestManyStartsLeaveFewFiles(t *testing.T) {
	o := Options{Dir: t.TempDir(), Parts: testParts()}
	for n := range 50 {
		l := open(t, o, ignore)
		l.Put("a", fmt.Append(nil, n), []byte("v"))
		if n%2 == 0 {
			l.Commit(int64(n))
			waitUntil(t, "written", l.Written)
		}
		closed(t, l)
	}
	if n := len(names(t, o.Dir, "")); n > compactLogs+3 {
		t.Errorf("%d files", n)
	}
	if w, _ := contents(t, o); len(w) != 25 {
		t.Errorf("%d entries", len(w))
	}
}

// FuzzFile: whatever a file holds, nothing panics, and what is shown is within the limits.
func FuzzFile(f *testing.F) {
	b := appendFileHeader(nil, aLog, 1)
	var e block
	e.add(Part{"a", 1}, []byte("key"), []byte("value"))
	e.add(Part{"a", 1}, []byte("gone"), nil)
	c, _ := newCodec()
	b = c.pack(b, e.data, false)
	f.Add(appendCommit(b, ofCommit, 60, 2))
	f.Add(c.pack(b, bytes.Repeat(e.data, 100), true))
	f.Fuzz(func(t *testing.T, content []byte) {
		d := newFaultyDisk(1)
		for _, name := range []string{"/state/log-0000000000000001", "/state/snapshot-0000000000000001"} {
			d.names[name] = &inode{seen: content}
		}
		Read(testOptions(d), func(e Entry) error {
			if len(e.Key) > len(content)*1000 || e.Value == nil {
				t.Errorf("entry %v", e)
			}
			return nil
		})
	})
}

// TestFileOfItsOwn: what is written to a file comes back; one that is cut or no such file says so.
func TestFileOfItsOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "device.state")
	want := []Entry{{Part{"a", 1}, []byte("k"), []byte("v")}, {Part{"b", 2}, []byte("k"), bytes.Repeat([]byte("w"), 1000)}}
	if err := WriteFile(path, 60, want); err != nil {
		t.Fatal(err)
	}
	var got []string
	read := func() (Report, error) {
		got = nil
		return ReadFile(path, func(e Entry) error {
			got = append(got, fmt.Sprint(e.Part, string(e.Key), len(e.Value)))
			return nil
		})
	}
	if r, err := read(); err != nil || r.At != 60 || r.Entries != 2 || len(r.LeftOut) > 0 || got[1] != "{b 2}k1000" {
		t.Errorf("%+v %v %v", r, err, got)
	}
	if err := os.Truncate(path, fileSize(t, path)-1); err != nil {
		t.Fatal(err)
	}
	if r, err := read(); err != nil || len(r.LeftOut) == 0 || len(got) != 2 {
		t.Errorf("cut: %+v %v", r, err)
	}
	os.WriteFile(path, []byte("something else"), 0o600)
	if _, err := read(); err == nil || !strings.Contains(err.Error(), "device.state: it does not begin as a state file does") {
		t.Errorf("no such file: %v", err)
	}
}
