package sqlite

import (
	"errors"
	"fmt"
	"os"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"golang.org/x/sys/unix"
)

// lock takes a folder for this process, so that two programs never write to the same one. The kernel gives it back when the process
// dies, however it does. The file stays: to remove it would let a third process lock another file of the same name.
func lock(path string) (*os.File, error) {
	h, err := flock(path, unix.LOCK_EX)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = store.ErrInUse
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return h, nil
}

// share keeps a folder from those who would write to it while it is read, where nobody does already. alone says whether nobody can.
func share(path string) (h *os.File, alone bool, err error) {
	h, err = flock(path, unix.LOCK_SH)
	switch {
	case err == nil:
		return h, true, nil
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil, false, nil
	case errors.Is(err, unix.EROFS), errors.Is(err, unix.EACCES):
		return nil, errors.Is(err, unix.EROFS), nil
	}
	return nil, false, fmt.Errorf("lock %s: %w", path, err)
}

func flock(path string, how int) (*os.File, error) {
	h, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(h.Fd()), how|unix.LOCK_NB); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}
