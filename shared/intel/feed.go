package intel

import "sync/atomic"

// Feed hands the index from whoever reads lists to whoever looks things up. It may be used by any number of goroutines.
type Feed struct {
	current  atomic.Pointer[Index]
	turns    atomic.Uint64
	Remember bool // lists may come later: what is seen is remembered for them. Set before use
}

// Index is the newest; nil where none was set. A nil Feed has none.
func (f *Feed) Index() *Index {
	if f == nil {
		return nil
	}
	return f.current.Load()
}

// Set puts an index in the place of the one before.
func (f *Feed) Set(x *Index) {
	f.current.Store(x)
	f.turns.Add(1)
}

// Turns is how many indexes there were. Who compares it instead of the indexes does not keep an old one in memory.
func (f *Feed) Turns() uint64 { return f.turns.Load() }
