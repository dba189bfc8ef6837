package flow

// Flows live in slabs that are never moved, so that a *Flow stays good while its conversation lasts, and are named by
// indexes: half the size of pointers, and nothing for the collector to follow. Index 0 is nobody.

const (
	slabBits = 10
	slabSize = 1 << slabBits

	firstBuckets = 1 << 12 // 16 KiB; doubled whenever there are more flows than buckets
)

type slab[S any] [slabSize]Flow[S]

type store[S any] struct {
	slabs   []*slab[S]
	buckets []uint32
	free    uint32 // first of a list chained through Conversation.chain
	next    uint32 // lowest index never used
	count   int
}

func newStore[S any]() store[S] {
	return store[S]{buckets: make([]uint32, firstBuckets), next: 1}
}

func (s *store[S]) at(i uint32) *Flow[S] { return &s.slabs[i>>slabBits][i&(slabSize-1)] }

func (s *store[S]) bucket(hash uint32) *uint32 { return &s.buckets[hash&uint32(len(s.buckets)-1)] }

// add gives a zero flow, found under hash from now on.
func (s *store[S]) add(hash uint32) *Flow[S] {
	if s.count >= len(s.buckets) {
		s.grow()
	}
	i := s.free
	if i != 0 {
		s.free = s.at(i).chain
	} else {
		i = s.next
		s.next++
		if int(i>>slabBits) == len(s.slabs) {
			s.slabs = append(s.slabs, new(slab[S]))
		}
	}
	f := s.at(i)
	*f = Flow[S]{}
	f.index, f.Hash = i, hash
	b := s.bucket(hash)
	f.chain, *b = *b, i
	s.count++
	return f
}

// remove takes a flow out and keeps its place for the next.
func (s *store[S]) remove(f *Flow[S]) {
	link := s.bucket(f.Hash)
	for *link != f.index {
		link = &s.at(*link).chain
	}
	*link = f.chain
	var none S
	f.State = none // let go of what the state points to
	f.chain, s.free = s.free, f.index
	s.count--
}

func (s *store[S]) grow() {
	old := s.buckets
	s.buckets = make([]uint32, 2*len(old))
	for _, i := range old {
		for i != 0 {
			f := s.at(i)
			i = f.chain
			b := s.bucket(f.Hash)
			f.chain, *b = *b, f.index
		}
	}
}
