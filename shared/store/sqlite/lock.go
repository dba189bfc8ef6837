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
	h, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	err = unix.Flock(int(h.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = store.ErrInUse
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), h.Close())
	}
	return h, nil
}
