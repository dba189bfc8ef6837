package signin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func guarded(o GuardOptions, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	Guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }), o).ServeHTTP(w, r)
	return w
}

func TestSecurityHeaders(t *testing.T) {
	want := map[string]string{
		"Content-Security-Policy": "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
			"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp", "Cache-Control": "no-store",
	}
	for _, host := range []string{"localhost:8080", "evil.example"} { // a refusal has them too
		w := guarded(GuardOptions{Loopback: true}, httptest.NewRequest("GET", "http://"+host+"/v1/me", nil))
		for name, value := range want {
			if got := w.Header().Get(name); got != value {
				t.Errorf("%s: %q", name, got)
			}
		}
		if w.Header().Get("Permissions-Policy") == "" || w.Header().Get("Strict-Transport-Security") != "" || w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%v", w.Header())
		}
	}
	w := guarded(GuardOptions{TLS: true}, httptest.NewRequest("GET", "https://watch.example/assets/app.js", nil))
	if got := w.Header().Get("Strict-Transport-Security"); got != "max-age=63072000; includeSubDomains" {
		t.Errorf("over TLS: %q", got)
	}
	if got := w.Header().Get("Cache-Control"); got != "" {
		t.Errorf("an asset may be kept, but has %q", got)
	}
}

func TestHostHeader(t *testing.T) {
	local, named, open := GuardOptions{Loopback: true}, GuardOptions{Hosts: []string{"Watch.example"}}, GuardOptions{}
	for _, c := range []struct {
		o    GuardOptions
		host string
		ok   bool
	}{
		{local, "localhost:8080", true}, {local, "LOCALHOST", true}, {local, "127.0.0.1:8080", true}, {local, "[::1]:8080", true}, {local, "[::1]", true},
		{local, "evil.example", false}, {local, "evil.example:8080", false}, {local, "localhost.evil.example", false}, {local, "127.0.0.1.evil.example", false},
		{local, "10.0.0.1", false}, {local, "", false}, {local, "localhost@evil", false}, {local, "[::1", true},
		{named, "watch.example:443", true}, {named, "localhost", true}, {named, "other.example", false}, {open, "anything", true},
	} {
		r := httptest.NewRequest("GET", "/v1/me", nil)
		r.Host = c.host
		w := guarded(c.o, r)
		if (w.Code == http.StatusTeapot) != c.ok {
			t.Errorf("%+v, host %q: %d", c.o, c.host, w.Code)
		}
		var p struct {
			Status int
			Detail string
		}
		if !c.ok && (w.Code != 421 || w.Header().Get("Content-Type") != "application/problem+json" || json.Unmarshal(w.Body.Bytes(), &p) != nil || p.Status != 421) {
			t.Errorf("host %q: %d %s", c.host, w.Code, w.Body)
		}
	}
}

func TestLoginFromAnotherSiteIsRefused(t *testing.T) {
	for _, c := range []struct {
		site, origin string
		want         int
	}{{"same-origin", "", 418}, {"", "", 418}, {"none", "", 418}, {"", "http://localhost:8080", 418}, {"cross-site", "", 403}, {"same-site", "", 403}, {"", "https://evil.example", 403}, {"", "null", 403}} {
		r := httptest.NewRequest("POST", "http://localhost:8080/v1/session", nil)
		if c.site != "" {
			r.Header.Set("Sec-Fetch-Site", c.site)
		}
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		if w := guarded(GuardOptions{Loopback: true}, r); w.Code != c.want {
			t.Errorf("%+v: %d", c, w.Code)
		}
	}
}

func TestClientAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		peer      string
		forwarded []string
		want      string
	}{
		{"192.0.2.1:99", nil, "192.0.2.1"},
		{"192.0.2.1:99", []string{"198.51.100.7"}, "192.0.2.1"},
		{"10.1.1.1:99", []string{"198.51.100.7"}, "198.51.100.7"},
		{"10.1.1.1:99", []string{"6.6.6.6, 198.51.100.7"}, "198.51.100.7"},
		{"10.1.1.1:99", []string{"6.6.6.6", "198.51.100.7, 10.2.2.2"}, "198.51.100.7"},
		{"10.1.1.1:99", []string{"127.0.0.1, nonsense"}, "10.1.1.1"},
		{"10.1.1.1:99", []string{""}, "10.1.1.1"},
		{"[fd00::1]:99", []string{"2001:db8::1"}, "2001:db8::1"},
		{"[::ffff:10.1.1.1]:99", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		{"@", []string{"198.51.100.7"}, ""},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		r.Header["X-Forwarded-For"] = c.forwarded
		if got := clientAddress(r, trusted); got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.peer, c.forwarded, got, c.want)
		}
	}
}

// writePair makes a certificate for localhost in two files, and gives its serial number.
func writePair(t *testing.T, certFile, keyFile string, serial int64) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	der := must(x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key))
	for name, b := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(key))}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	now := time.Now()
	clock := func() time.Time { return now }
	if _, _, err := TLSConfig(certFile, keyFile, clock); err == nil {
		t.Error("files that are not there were read")
	}
	writePair(t, certFile, keyFile, 1)
	config, cert, err := TLSConfig(certFile, keyFile, clock)
	if err != nil {
		t.Fatal(err)
	}
	l := must(tls.Listen("tcp", "127.0.0.1:0", config))
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func(c net.Conn) { c.(*tls.Conn).Handshake(); c.Close() }(c) //nolint:errcheck // the client tells
		}
	}()
	dial := func(o *tls.Config) (int64, error) {
		o.InsecureSkipVerify = true // the certificate is only told from others here
		c, err := tls.Dial("tcp", l.Addr().String(), o)
		if err != nil {
			return 0, err
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
	}
	for name, o := range map[string]*tls.Config{
		"TLS 1.1": {MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
		"CBC":     {MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}},
	} {
		if _, err := dial(o); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	expect := func(what string, want int64) {
		t.Helper()
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			if got, err := dial(&tls.Config{MinVersion: version, MaxVersion: version}); got != want || err != nil {
				t.Errorf("%s: certificate %d, %v, want %d", what, got, err, want)
			}
		}
	}
	expect("at first", 1)
	writePair(t, certFile, keyFile, 22222)
	expect("too early to look again", 1)
	now = now.Add(lookEvery)
	expect("after the files changed", 22222)
	if err := os.WriteFile(certFile, []byte("half of a"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(lookEvery)
	expect("with a broken file the one before", 22222)
	if cert.Err() == nil || cert.Reload() == nil {
		t.Error("nobody says that the file is broken")
	}
	writePair(t, certFile, keyFile, 333)
	if err := cert.Reload(); err != nil || cert.Err() != nil {
		t.Error(err)
	}
	expect("reloaded at once", 333)
}
