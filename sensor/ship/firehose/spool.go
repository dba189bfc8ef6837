package firehose

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// What stands in the folder of a spool: a file for each frame, named by its place and how many records it holds, so that they can be counted
// without being read. Only a file that was written whole has such a name.
const (
	nameForm = "%012d-%d.zst"
	halfForm = ".writing-"
	lockName = "lock"

	mostFrame = 1_024_000 // bytes that Firehose takes as one record
)

// spool is a bounded folder of frames. It belongs to the outbox, which is locked.
type spool struct {
	dir     string
	max     int64
	whole   func([]byte) error
	files   []file // oldest first; the first busy ones are on their way
	busy    int
	bytes   int64
	records int64
	next    uint64 // place of the next frame
	lock    *os.File
}

type file struct {
	seq     uint64
	records int
	size    int64
}

func (f file) name() string { return fmt.Sprintf(nameForm, f.seq, f.records) }

// openSpool finds what an earlier process left. Files that are not a spool's are left alone.
func openSpool(dir string, most int64, lose func(int, string), whole func([]byte) error) (*spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make spool: %w", err)
	}
	s := &spool{dir: dir, max: most, whole: whole}
	if err := s.hold(); err != nil {
		return nil, err
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read spool: %w", err), s.lock.Close())
	}
	for _, e := range list {
		name, half := strings.CutPrefix(e.Name(), halfForm)
		f, ok := parseName(name)
		info, err := e.Info()
		switch {
		case !ok || err != nil || !info.Mode().IsRegular():
		case half:
			lose(f.records, filepath.Join(dir, e.Name())+" was not written whole")
			os.Remove(filepath.Join(dir, e.Name())) //nolint:errcheck // it is looked at again at the next start
		default:
			f.size = info.Size()
			s.enter(f)
		}
		if ok {
			s.next = max(s.next, f.seq+1)
		}
	}
	slices.SortFunc(s.files, func(a, b file) int { return cmp.Compare(a.seq, b.seq) })
	for _, l := range s.fit(0) {
		lose(l.records, l.why)
	}
	return s, nil
}

// hold takes the folder for this process alone.
func (s *spool) hold() (err error) {
	if s.lock, err = os.OpenFile(filepath.Join(s.dir, lockName), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return fmt.Errorf("lock spool: %w", err)
	}
	if err := syscall.Flock(int(s.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Join(fmt.Errorf("lock spool: %s is used by another process: %w", s.dir, err), s.lock.Close())
	}
	return nil
}

func parseName(name string) (f file, ok bool) {
	if n, err := fmt.Sscanf(name, nameForm, &f.seq, &f.records); n != 2 || err != nil || f.records < 0 || f.records > FrameBytes || f.seq > 1<<62 {
		return file{}, false
	}
	return f, f.name() == name
}

func (s *spool) enter(f file) {
	s.files = append(s.files, f)
	s.bytes += f.size
	s.records += int64(f.records)
}

// put writes a frame, for which the oldest that are not on their way make room.
func (s *spool) put(f frame) (lost []loss, err error) {
	lost = s.fit(int64(len(f.data)))
	to := file{seq: f.seq, records: f.records, size: int64(len(f.data))}
	if err := s.write(to, f.data); err != nil {
		return lost, fmt.Errorf("spool records: %w", err)
	}
	s.enter(to)
	if n := len(s.files); n > 1 && s.files[n-2].seq > to.seq { // one that was on its way, and came back
		rest := s.files[s.busy:]
		slices.SortFunc(rest, func(a, b file) int { return cmp.Compare(a.seq, b.seq) })
	}
	return lost, nil
}

func (s *spool) write(f file, data []byte) (err error) {
	half := filepath.Join(s.dir, halfForm+f.name())
	w, err := os.OpenFile(half, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	if err = errors.Join(err, w.Sync(), w.Close()); err == nil {
		err = os.Rename(half, filepath.Join(s.dir, f.name()))
	}
	if err != nil {
		os.Remove(half) //nolint:errcheck // else it is found at the next start
	}
	return err
}

// fit drops the oldest until so much more has room.
func (s *spool) fit(more int64) (lost []loss) {
	for s.bytes+more > s.max && len(s.files) > s.busy {
		lost = append(lost, s.drop(s.busy, fmt.Sprintf("the spool %s is full, with %d bytes", s.dir, s.bytes)))
	}
	return lost
}

// drop removes one file, and says what was lost with it.
func (s *spool) drop(i int, why string) loss {
	f := s.files[i]
	s.remove(i)
	return loss{f.records, why}
}

func (s *spool) remove(i int) {
	f := s.files[i]
	os.Remove(filepath.Join(s.dir, f.name())) //nolint:errcheck // else it is sent again after the next start
	s.files = slices.Delete(s.files, i, i+1)
	s.bytes -= f.size
	s.records -= int64(f.records)
}

// waits says whether a file waits that has room in a batch.
func (s *spool) waits(room int64) bool { return len(s.files) > s.busy && s.files[s.busy].size <= room }

// read gives the oldest that waits, and keeps it until it is settled. One that is torn is named, and goes.
func (s *spool) read() (f frame, lost []loss) {
	next := s.files[s.busy]
	path := filepath.Join(s.dir, next.name())
	data, err := readBounded(path)
	if err == nil {
		err = s.whole(data)
	}
	if err != nil {
		return frame{}, []loss{s.drop(s.busy, fmt.Sprintf("%s is torn, and left out: %v", path, err))}
	}
	s.busy++
	return frame{seq: next.seq, data: data, records: next.records}, nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostFrame+1))
	if err == nil && len(data) > mostFrame {
		err = fmt.Errorf("it has more than the %d bytes that Firehose takes", mostFrame)
	}
	return data, err
}

// settle removes what was sent; the rest of what was on its way waits again.
func (s *spool) settle(sent []parcel) {
	for _, p := range sent {
		if i := slices.IndexFunc(s.files, func(f file) bool { return f.seq == p.seq }); p.file && i >= 0 {
			s.remove(i)
		}
	}
	s.busy = 0
}

func (s *spool) close() error { return s.lock.Close() }
