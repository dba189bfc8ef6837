package segment

// with gives the segment itself where each of the members has a column or none of the lines has more members than columns. Else it
// reads the lines again for just these: slow, and only for lines that nobody in their right mind writes.
func (s *Segment) with(names []string) (*Segment, error) {
	if !s.Rest {
		return s, nil
	}
	missing := map[string]bool{}
	for _, n := range names {
		if s.Column(n) == nil {
			missing[n] = true
		}
	}
	if len(missing) == 0 {
		return s, nil
	}
	rows, err := s.Decode()
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		missing[n] = true
	}
	e := NewEncoder(s.codec)
	e.only = missing
	sealed, err := e.Encode(rows)
	if err != nil {
		return nil, err
	}
	return OpenSealed(sealed, s.codec)
}

// OpenSealed opens a segment that is in memory.
func OpenSealed(s *Sealed, c *Codec) (*Segment, error) {
	d, err := ParseDirectory(s.Directory)
	if err != nil {
		return nil, err
	}
	return Open(d, c, s), nil
}
