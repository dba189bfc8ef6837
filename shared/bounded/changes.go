package bounded

// Changes notes which entries of a table changed since they were saved last, in the order in which they first did. It holds no more
// keys than the table had entries, and those that left it meanwhile. It is not safe for use by several goroutines.
type Changes[K comparable] struct {
	noted map[K]struct{}
	order []K
	next  int // of order: those before it were taken
}

// Note says that the entry under k is new, changed or gone.
func (c *Changes[K]) Note(k K) {
	if _, there := c.noted[k]; there {
		return
	}
	if c.noted == nil {
		c.noted = map[K]struct{}{}
	}
	c.noted[k] = struct{}{}
	c.order = append(c.order, k)
}

// Take gives the keys that were noted to save, one by one, until it says that it is enough for now; the key that it said so of is taken.
// Take says whether nothing is left.
func (c *Changes[K]) Take(save func(k K) (more bool)) (done bool) {
	for c.next < len(c.order) {
		k := c.order[c.next]
		c.next++
		delete(c.noted, k)
		if !save(k) {
			break
		}
	}
	if c.next < len(c.order) {
		if c.next > len(c.order)/2 { // keys that keep coming must not make it grow for ever
			c.order = append(c.order[:0], c.order[c.next:]...)
			c.next = 0
		}
		return false
	}
	clear(c.order)
	c.order, c.next = c.order[:0], 0
	return true
}

// Len is how many keys are noted.
func (c *Changes[K]) Len() int { return len(c.order) - c.next }
