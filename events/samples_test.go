package events

import (
	"bytes"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata again from what the code gives")

func ptr[T any](v T) *T { return &v }

// between is the head of a sample's conversation.
func between(uid, orig string, origP uint16, resp string, respP uint16) Head {
	return Head{
		TS: TimeOf(time.Date(2026, 3, 2, 3, 4, 5, 678901000, time.UTC)), UID: uid, VNI: 1001, Sensor: "sensor-a",
		OrigH: netip.MustParseAddr(orig), OrigP: origP, RespH: netip.MustParseAddr(resp), RespP: respP,
		CommunityID: "1:wCb3OG7yAFWelaUydu0D+125CLM=",
	}
}

// samples are what each kind of record looks like in life: golden file, example for readers, and payload for who consumes them.
func samples() []Record {
	return slices.Concat(
		firstSamples(),
		domainSamples(),
		webSamples(),
		linkSamples(),
		awsSamples(),
		textSamples(),
		directorySamples(),
		hiddenSamples(),
		sunRPCSamples(),
		databaseSamples(),
	)
}

// firstSamples are of what every network has.
func firstSamples() []Record {
	web := between("C8Kq2sT0vYxR", "10.20.1.15", 49152, "203.0.113.10", 443)
	ask := between("CmZ71bQpL2aa", "10.20.1.15", 53124, "10.20.0.2", 53)
	return []Record{
		&Conn{
			Head: web, Proto: "tcp", Service: "ssl", Duration: Interval(2 * time.Second), OrigBytes: 1337, RespBytes: 48211,
			ConnState: "SF", LocalOrig: true, History: "ShADadFf", OrigPkts: 14, OrigIPBytes: 2081, RespPkts: 39, RespIPBytes: 50259,
			TunnelParents: []string{"TgB2kW0aQx1c"}, IPProto: 6, DuplicateVNIs: []uint32{1002}, DuplicatePkts: 53,
		},
		&DNS{
			Head: ask, Proto: "udp", TransID: 4711, RTT: Interval(1200 * time.Microsecond), Query: "www.example.com",
			QClass: ptr[uint16](1), QClassName: "C_INTERNET", QType: ptr[uint16](1), QTypeName: "A", RCode: ptr[uint16](0), RCodeName: "NOERROR",
			RD: true, RA: true, Answers: []string{"203.0.113.10"}, TTLs: []Interval{Interval(time.Minute)}, OpcodeName: "query",
			QueryBytes: 33, AnswerBytes: 49,
		},
		&HTTP{
			Head: between("CuD93mVw0PpZ", "10.20.1.15", 40112, "203.0.113.10", 80), TransDepth: 1, Method: "GET", Host: "www.example.com", URI: "/index.html",
			Version: "1.1", UserAgent: "curl/8.5.0", ResponseLen: 5120, StatusCode: 200, StatusMsg: "OK", RespMimeTypes: []string{"text/html"},
			ContentType: "text/html",
		},
		&SSL{
			Head: web, Version: "TLSv12", Cipher: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", Curve: "secp256r1", ServerName: "www.example.com",
			NextProtocol: "h2", Established: true, SSLHistory: "CsxknGIi",
			CertChainFPs: []string{"4f0a1ac1c6e873c8805fe2fc56c7aac77025f1dcbbbf907e768f1ec88c3485db"}, SNIMatches: ptr(true),
			JA3: "e7d705a3286e19ea42f587b344ee6865", JA4: "t12d1516h2_8daaf6152771_e5627efa2ab1", ALPN: []string{"h2", "http/1.1"},
			Subject: "CN=www.example.com", Issuer: "CN=Example CA,O=Example", NotBefore: 1764547200e9, NotAfter: 1796083200e9,
			CertKeyBits: 2048, CertKeyAlg: "rsa", CertSigAlg: "sha256WithRSAEncryption",
		},
		&X509{
			Head: web, Fingerprint: "4f0a1ac1c6e873c8805fe2fc56c7aac77025f1dcbbbf907e768f1ec88c3485db", Version: 3, Serial: "325D8297987D50B0",
			Subject: "CN=www.example.com", Issuer: "CN=Example CA,O=Example", NotBefore: 1764547200e9, NotAfter: 1796083200e9,
			KeyAlg: "rsaEncryption", SigAlg: "sha256WithRSAEncryption", KeyType: "rsa", KeyLength: 2048, Exponent: "65537",
			SANDNS: []string{"www.example.com"}, BasicCA: ptr(false), HostCert: true,
		},
		&SSH{
			Head: between("CqJ5x0aTzU1e", "10.20.1.15", 51622, "10.20.2.7", 22), Version: 2, AuthSuccess: ptr(false), AuthAttempts: 6,
			Client: "SSH-2.0-libssh_0.10.4", Server: "SSH-2.0-OpenSSH_9.2p1 Debian-2", CipherAlg: "aes256-gcm@openssh.com", MACAlg: "implicit",
			CompressionAlg: "none", KexAlg: "curve25519-sha256", HostKeyAlg: "ssh-ed25519", HASSH: "ec7378c1a92f5a8dde7e8b7a1ddf33d1",
		},
		&DHCP{
			Head: between("CvB6Lw9qK2dd", "10.20.1.15", 68, "10.20.0.1", 67), ClientAddr: netip.MustParseAddr("10.20.1.15"),
			ServerAddr: netip.MustParseAddr("10.20.0.1"), MAC: "0a:58:a9:fe:ac:01", HostName: "web-1", AssignedAddr: netip.MustParseAddr("10.20.1.15"),
			LeaseTime: Interval(time.Hour), MsgTypes: []string{"REQUEST", "ACK"}, Duration: Interval(3 * time.Millisecond),
			UIDs: []string{"CvB6Lw9qK2dd", "CxT1Ls5mR8ee"},
		},
		&NTP{
			Head: between("CwP4s1XnE8oo", "10.20.1.15", 123, "203.0.113.123", 123), Version: 4, Mode: 4, Stratum: 2, Poll: Interval(64 * time.Second),
			RootDelay: Interval(20 * time.Millisecond), RefID: "198.51.100.1", XmtTime: 1772420645e9,
		},
		&ICMP{
			Head: between("CyT2r7HkM3uu", "10.20.1.15", 8, "10.20.2.7", 0), Type: 8, Name: "echo", Requests: 64, Replies: 64, MinLen: 56, MaxLen: 56,
			Distinct: 1, Duration: Interval(63 * time.Second), Interim: true,
		},
		&Tunnel{
			Head: between("TgB2kW0aQx1c", "10.20.1.15", 65408, "10.20.9.9", 4789), TunnelType: "Tunnel::VXLAN", Action: "Tunnel::CLOSE",
			Packets: 53, Bytes: 52340,
		},
		&Weird{Head: web, Name: "rexmit_inconsistency", Source: "tcp"},
	}
}

// TestSamples keeps the canonical sample of every kind: the wire contract. Run with -update after a wanted change.
func TestSamples(t *testing.T) {
	missing := map[Kind]bool{}
	for _, k := range Kinds() {
		missing[k] = true
	}
	for _, r := range samples() {
		delete(missing, r.Kind())
		path := filepath.Join("testdata", string(r.Kind())+".json")
		line := append(r.AppendJSON(nil), '\n')
		if *update {
			if err := os.WriteFile(path, line, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(line, want) {
			t.Errorf("%s has changed:\n got %swant %s", path, line, want)
		}
	}
	for k := range missing {
		t.Errorf("kind %s has no sample", k)
	}
}
