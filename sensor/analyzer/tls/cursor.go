package tls

// cursor walks the presentation language of RFC 8446 section 3 over borrowed bytes. Once it ran past the end it is bad and gives
// zeros, so that a parser can read on and ask once.
type cursor struct {
	b   []byte
	bad bool
}

// take gives the next n bytes.
func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.b) {
		c.bad, c.b = true, nil
		return nil
	}
	v := c.b[:n]
	c.b = c.b[n:]
	return v
}

// uint gives the next n bytes, at most four, as a number.
func (c *cursor) uint(n int) int {
	v := 0
	for _, x := range c.take(n) {
		v = v<<8 | int(x)
	}
	return v
}

func (c *cursor) u8() int     { return c.uint(1) }
func (c *cursor) u16() uint16 { return uint16(c.uint(2)) }

// vector gives the bytes behind a length of n bytes.
func (c *cursor) vector(n int) []byte { return c.take(c.uint(n)) }

// more says whether bytes are left.
func (c *cursor) more() bool { return len(c.b) > 0 }

// list is a run of 16-bit numbers as they came, two bytes each.
type list []byte

func (l list) len() int        { return len(l) / 2 }
func (l list) at(i int) uint16 { return uint16(l[2*i])<<8 | uint16(l[2*i+1]) }
