package bounded

// maxNoted is how many keys are noted at most: more than a table of the largest size changes in a minute. Where nobody saves, the oldest
// note goes for a new one.
const maxNoted = 1 << 17

// Changes notes which entries of a table changed since they were saved last, in the order in which they first did. It is not safe for use
// by several goroutines.
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
	if c.Len() >= maxNoted {
		c.first()
	}
	c.tidy()
	c.noted[k] = struct{}{}
	c.order = append(c.order, k)
}

// first takes the oldest note.
func (c *Changes[K]) first() K {
	k := c.order[c.next]
	c.next++
	delete(c.noted, k)
	return k
}

// tidy gives back the room of what was taken, once it is most of it.
func (c *Changes[K]) tidy() {
	if c.next <= len(c.order)/2 {
		return
	}
	n := copy(c.order, c.order[c.next:])
	clear(c.order[n:])
	c.order, c.next = c.order[:n], 0
}

// Take gives the keys that were noted to save, one by one, until it says that it is enough for now; the key that it said so of is taken.
// Take says whether nothing is left.
func (c *Changes[K]) Take(save func(k K) (more bool)) (done bool) {
	for c.next < len(c.order) && save(c.first()) {
	}
	c.tidy()
	return c.Len() == 0
}

// Len is how many keys are noted.
func (c *Changes[K]) Len() int { return len(c.order) - c.next }
