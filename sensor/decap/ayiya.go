package decap

// AYIYA takes off an Anything In Anything header (draft-massar-v6ops-ayiya-02 section 3): lengths of identity and signature with their
// kinds, an operation, what follows, and a time. Only forwarded IP is taken; the other operations carry no packet.
func AYIYA(b []byte) (inner []byte, ok bool) {
	const forward = 1
	if len(b) < 8 {
		return nil, false
	}
	identityLen, identity := 1<<(b[0]>>4), b[0]&0x0f
	signatureLen, hash := int(b[1]>>4)*4, b[1]&0x0f
	auth, operation := b[2]>>4, b[2]&0x0f
	// The draft defines identities 0..2, hashes 0..3 and authentications 0..2.
	if identity > 2 || hash > 3 || auth > 2 || operation != forward {
		return nil, false
	}
	header := 8 + identityLen + signatureLen
	if len(b) < header {
		return nil, false
	}
	inner = b[header:]
	return inner, b[3] == protoIPv6 && isIPv6(inner) || b[3] == protoIPIP && isIPv4(inner)
}
