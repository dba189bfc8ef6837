package tls

import (
	"crypto/tls"
	"testing"
)

// TestSuiteTables: the search needs both tables in order; crypto/tls is the oracle for the suites it knows.
func TestSuiteTables(t *testing.T) {
	last := -1
	for _, table := range [][]suite{classicSuites[:], ellipticSuites[:]} {
		for _, s := range table {
			if int(s.id) <= last {
				t.Errorf("%#04x stands behind %#04x", s.id, last)
			}
			last = int(s.id)
		}
	}
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if got := suiteName(s.ID); got != s.Name {
			t.Errorf("%#04x: have %s, want %s", s.ID, got, s.Name)
		}
	}
}

func TestNumbersWithNames(t *testing.T) {
	for _, tc := range []struct{ have, want string }{
		{suiteName(0x0000), "TLS_NULL_WITH_NULL_NULL"}, {suiteName(0x0018), "TLS_DH_ANON_WITH_RC4_128_MD5"}, {suiteName(0xc0b5), "TLS_SHA384_SHA384"},
		{suiteName(0x0047), "unknown-71"}, {suiteName(0xffff), "unknown-65535"}, {suiteName(0xbfff), "unknown-49151"}, {suiteName(0x3a3a), "grease_0x3A3A"},
		{suiteNameV2(0x0700c0), "SSLv20_CK_DES_192_EDE3_CBC_WITH_MD5"}, {suiteNameV2(0x00000a), "TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
		{suiteNameV2(0x080080), "unknown-524416"},
		{versionName(0x0002), "SSLv2"}, {versionName(0x0300), "SSLv3"}, {versionName(0x0304), "TLSv13"}, {versionName(0x7f1c), "TLSv13-draft28"},
		{versionName(0x0305), "unknown-773"},
		{groupName(1), "sect163k1"}, {groupName(23), "secp256r1"}, {groupName(29), "x25519"}, {groupName(41), "curveSM2"}, {groupName(256), "ffdhe2048"},
		{groupName(260), "ffdhe8192"}, {groupName(514), "MLKEM1024"}, {groupName(4588), "X25519MLKEM768"}, {groupName(25497), "X25519Kyber768Draft00"},
		{groupName(0), "unknown-0"}, {groupName(42), "unknown-42"}, {groupName(0x0a0a), "grease_0x0A0A"},
		{alertName(0), "close_notify"}, {alertName(48), "unknown_ca"}, {alertName(121), "ech_required"}, {alertName(1), "unknown-1"}, {alertName(255), "unknown-255"},
	} {
		if tc.have != tc.want {
			t.Errorf("have %s, want %s", tc.have, tc.want)
		}
	}
}
