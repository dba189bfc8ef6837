package tls

import (
	"testing"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

func beatRecord(kind byte, body []byte) []byte {
	return append([]byte{kind, 3, 2, byte(len(body) >> 8), byte(len(body))}, body...)
}

// bareHello is a ServerHello of TLS 1.1 that agrees to heartbeats, and a ClientHello that offers them.
func bareHello() (client, server []byte) {
	random := make([]byte, 32)
	extension := []byte{0, extHeartbeat, 0, 1, 1}
	c := append(append([]byte{3, 2}, random...), 0, 0, 2, 0, 0x35, 1, 0, 0, byte(len(extension)))
	s := append(append([]byte{3, 2}, random...), 0, 0, 0x35, 0, 0, byte(len(extension)))
	c, s = append(c, extension...), append(s, extension...)
	return beatRecord(typeHandshake, append([]byte{1, 0, 0, byte(len(c))}, c...)), beatRecord(typeHandshake, append([]byte{2, 0, 0, byte(len(s))}, s...))
}

// Catches: a heartbeat that is not noted in the clear or behind the handshake, an answer in records that are not summed, an honest one that shows.
func TestHeartbeats(t *testing.T) {
	client, server := bareHello()
	change := beatRecord(typeChangeCipherSpec, []byte{1})
	long := make([]byte, 16000)
	long[0], long[1] = heartbeatAnswer, 0xff
	honest := append([]byte{heartbeatRequest, 0, 4}, make([]byte, 20)...)
	tests := []struct {
		name string
		more []segment
		want events.SSL
	}{
		{"in the clear, and answered", []segment{
			{flow.Orig, beatRecord(typeHeartbeat, []byte{heartbeatRequest, 0x40, 0})}, {flow.Resp, beatRecord(typeHeartbeat, long)}, {flow.Resp, beatRecord(typeHeartbeat, long)},
		}, events.SSL{HeartbeatRequests: 1, HeartbeatAnswers: 2, HeartbeatBy: "client", HeartbeatLeast: 3, HeartbeatOver: 0x4000, HeartbeatExcess: 31997}},
		{"in the clear, and refused", []segment{{flow.Orig, beatRecord(typeHeartbeat, []byte{heartbeatRequest, 0x40, 0})}},
			events.SSL{HeartbeatRequests: 1, HeartbeatBy: "client", HeartbeatLeast: 3, HeartbeatOver: 0x4000}},
		{"honest", []segment{{flow.Orig, beatRecord(typeHeartbeat, honest)}, {flow.Resp, beatRecord(typeHeartbeat, append([]byte{heartbeatAnswer}, honest[1:]...))}},
			events.SSL{HeartbeatRequests: 1, HeartbeatAnswers: 1, HeartbeatBy: "client", HeartbeatLeast: 23}},
		{"encrypted, by the server", []segment{
			{flow.Orig, change}, {flow.Resp, change}, {flow.Orig, beatRecord(typeHandshake, long[:40])}, {flow.Resp, beatRecord(typeHandshake, long[:40])},
			{flow.Resp, beatRecord(typeHeartbeat, long[:32])}, {flow.Orig, beatRecord(typeHeartbeat, long)},
		}, events.SSL{HeartbeatRequests: 1, HeartbeatAnswers: 1, HeartbeatBy: "server", HeartbeatLeast: 32, HeartbeatExcess: 15968, HeartbeatSealed: true}},
	}
	for _, tc := range tests {
		for _, size := range []int{whole, 1} {
			r := replay(append([]segment{{flow.Orig, client}, {flow.Resp, server}}, tc.more...), size).only(t)
			have := events.SSL{
				HeartbeatRequests: r.HeartbeatRequests, HeartbeatAnswers: r.HeartbeatAnswers, HeartbeatBy: r.HeartbeatBy, HeartbeatLeast: r.HeartbeatLeast,
				HeartbeatOver: r.HeartbeatOver, HeartbeatExcess: r.HeartbeatExcess, HeartbeatSealed: r.HeartbeatSealed,
			}
			if h, w := string(have.AppendJSON(nil)), string(tc.want.AppendJSON(nil)); h != w {
				t.Errorf("%s, %d at a time: have %s\nwant %s", tc.name, size, h, w)
			}
		}
	}
}

// Catches: a key that describes its curve taken for one that names it, and a label beyond what DNS allows overlooked in either place.
func TestOddMarks(t *testing.T) {
	explicit := seq(seq(tlv(tagOID, []byte(oidECPublicKey)), seq(tlv(tagInteger, []byte{1}))), tlv(tagBitString, []byte{0, 4, 1, 2}))
	long := append([]byte("a@xn--"), make([]byte, 600)...)
	for i := 6; i < len(long); i++ {
		long[i] = 'a'
	}
	constraints := seq(tlv(tagConstructed, seq(tlv(nameEmail, long))))
	extension := func(oid string, value []byte) []byte {
		return tlv(tagConstructed|3, seq(seq(tlv(tagOID, []byte(oid)), tlv(tagOctetString, value))))
	}
	serial := tlv(tagInteger, []byte{1})
	for _, tc := range []struct {
		name            string
		key, extensions []byte
		explicit        bool
		punycode        uint32
	}{
		{"explicit curve", explicit, nil, true, 0},
		{"constraint", seq(), extension(oidNameConstraints, constraints), false, 604},
		{"e-mail", seq(), extension(oidSubjectAltName, seq(tlv(nameEmail, long))), false, 604},
		{"plain", seq(), extension(oidNameConstraints, seq(tlv(tagConstructed, seq(tlv(nameDNS, []byte("example.com")))))), false, 0},
		{"cut", seq(), extension(oidNameConstraints, constraints[:40]), false, 0},
	} {
		var c certificate
		if !c.parse(odd(nil, serial, tc.key, tc.extensions)) || c.record.ExplicitCurve != tc.explicit || c.record.LongestPunycode != tc.punycode {
			t.Errorf("%s: %+v", tc.name, c.record)
		}
	}
}
