package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// maxAnswer is how much of an answer is read: enough to use the connection again, and no more.
const maxAnswer = 64 << 10

// poster sends bodies over HTTP: to public addresses unless told otherwise, without following redirects, and without waiting for ever.
type poster struct {
	public, private *http.Client
	agent           string
}

func newPoster(d dialer, roots *x509.CertPool, version string) *poster {
	client := func(private bool) *http.Client {
		return &http.Client{
			Timeout: d.timeout,
			Transport: &http.Transport{ // no Proxy: a proxy would connect for us where we would not
				DialContext: d.dial(private), TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
				ForceAttemptHTTP2: true, TLSHandshakeTimeout: d.timeout, ResponseHeaderTimeout: d.timeout, MaxResponseHeaderBytes: maxAnswer,
				MaxIdleConns: 32, MaxIdleConnsPerHost: 2, MaxConnsPerHost: 8, IdleConnTimeout: time.Minute, DisableCompression: true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	agent := "Mirrorwatch"
	if version != "" {
		agent += "/" + line(version, 40)
	}
	return &poster{public: client(false), private: client(true), agent: agent}
}

// send posts a body. Any 2xx is success; what the far end says it will never take is permanent.
func (p *poster) send(ctx context.Context, url string, private bool, header http.Header, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return permanent(errors.New("the URL is not valid"))
	}
	if req.URL.Scheme != "https" && req.URL.Scheme != "http" {
		return permanent(fmt.Errorf("scheme %q is not http or https", req.URL.Scheme))
	}
	req.Header = header
	req.Header.Set("User-Agent", p.agent)
	client := p.public
	if private {
		client = p.private
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)) //nolint:errcheck // the answer is in the status
	return judge(res)
}

// judge turns a status into an error. The answer's text is not in it: it may hold anything, the secret that was sent included.
func judge(res *http.Response) error {
	code := res.StatusCode
	switch {
	case code >= 200 && code < 300:
		return nil
	case code >= 300 && code < 400:
		return permanent(fmt.Errorf("answer %d: redirects are not followed", code))
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		f := &failure{error: fmt.Errorf("answer %d %s", code, http.StatusText(code))}
		if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 && s <= 24*3600 {
			f.after = time.Duration(s) * time.Second
		}
		return f
	}
	return permanent(fmt.Errorf("answer %d %s", code, http.StatusText(code)))
}
