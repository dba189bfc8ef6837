package signin

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// lookEvery is how often the files of a certificate are looked at; a handshake must not wait for a slow disk each time.
const lookEvery = 10 * time.Second

// Certificate is a certificate in two files, read again when they change: whoever renews it need not stop the server.
type Certificate struct {
	certFile, keyFile string
	now               func() time.Time

	mu      sync.Mutex
	cert    *tls.Certificate
	stamp   string // of the files that cert was read from
	looked  time.Time
	lastErr error
}

// TLSConfig reads a certificate and makes the server's settings: TLS 1.2 with forward secrecy and authenticated encryption, or 1.3.
func TLSConfig(certFile, keyFile string, now func() time.Time) (*tls.Config, *Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, now: now}
	if err := c.Reload(); err != nil {
		return nil, nil, err
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: c.get,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
	}, c, nil
}

// Reload reads the files now, as on SIGHUP. Where they are no good the certificate before them stays in use.
func (c *Certificate) Reload() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reload()
}

func (c *Certificate) reload() error {
	stamp := c.stampFiles()
	cert, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		c.lastErr = fmt.Errorf("read certificate %s with key %s: %w", c.certFile, c.keyFile, err)
		return c.lastErr
	}
	c.cert, c.stamp, c.lastErr, c.looked = &cert, stamp, nil, c.now()
	return nil
}

// Err is why the files were not read the last time that they changed; nil where they were.
func (c *Certificate) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lastErr
}

func (c *Certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= lookEvery {
		c.looked = now
		if c.stampFiles() != c.stamp {
			c.reload() //nolint:errcheck // kept for Err; half of the pair may be written yet, and the next look finds the other
		}
	}
	return c.cert, nil
}

// stampFiles tells one state of the two files from another.
func (c *Certificate) stampFiles() string {
	stamp := ""
	for _, name := range []string{c.certFile, c.keyFile} {
		if f, err := os.Stat(name); err == nil {
			stamp += fmt.Sprintf("%d %d;", f.ModTime().UnixNano(), f.Size())
		}
	}
	return stamp
}
