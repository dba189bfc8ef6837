package intel

import "sync/atomic"

// Feed hands the index from whoever reads lists to whoever looks things up. It may be used by any number of goroutines.
type Feed struct {
	current  atomic.Pointer[Index]
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
func (f *Feed) Set(x *Index) { f.current.Store(x) }
