package msrpc

// nullCredential says whether a Netlogon request carries a client challenge or credential of one byte over and over, which CVE-2020-1472
// needs and which comes by chance once in 2^56. The eight bytes stand behind the last of the request's names.
func (c *call) nullCredential(stub []byte) bool {
	if c.face != nil && c.face.name != "netlogon" {
		return false
	}
	names := 0
	switch c.record.Opnum {
	case 4: // NetrServerReqChallenge(primary, computer, challenge)
		names = 2
	case 5, 15, 26: // NetrServerAuthenticate, 2 and 3(primary, account, kind of channel, computer, credential)
		names = 3
	default:
		return false
	}
	at := c.behindNames(stub, names)
	if at < 0 || at+8 > len(stub) {
		return false
	}
	for _, b := range stub[at : at+8] {
		if b != stub[at] {
			return false
		}
	}
	return true
}

// behindNames gives where the n-th name of a stub ends. The first may be a null pointer.
func (c *call) behindNames(stub []byte, n int) int {
	at := 0
	if len(stub) < 16 {
		return -1
	}
	if c.word(stub, 0) == 0 { // the server's name is left out
		n--
	}
	at = 4
	for ; n > 0; n-- {
		at = (at + 3) &^ 3
		if at+12 > len(stub) {
			return -1
		}
		most, offset, count := c.word(stub, at), c.word(stub, at+4), c.word(stub, at+8)
		if offset != 0 || count > most || most > maxFragment {
			return -1
		}
		at += 12 + 2*int(count)
		if n == 2 && c.record.Opnum != 4 {
			at += 2 // the kind of channel, between account and computer
		}
	}
	return at
}
