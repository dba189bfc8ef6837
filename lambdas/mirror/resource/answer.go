package resource

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/cfn"
)

const (
	maxAnswer = 4096             // bytes that CloudFormation reads
	maxID     = 1024             // bytes of a physical id
	tries     = 6                // of sending the answer
	sendFor   = 10 * time.Second // one try
)

// verdict is what CloudFormation is told.
type verdict struct {
	status cfn.StatusType
	reason string
}

// answer is sent once.
type answer struct {
	h     *Handler
	event *event
	log   *slog.Logger
	sent  bool
}

// checkAddress refuses to send the answer in the open. Loopback is a test.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return errors.New("its ResponseURL is no address") // not which: it is a secret
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()):
		return nil
	}
	return errors.New("its ResponseURL is not one of https")
}

// send sends the answer, again where the network fails. Of a second call nothing comes.
func (a *answer) send(ctx context.Context, v verdict) error {
	if a.sent {
		return nil
	}
	a.sent = true
	body := a.body(v)
	var err error
	for try := range tries {
		var again bool
		if again, err = a.put(ctx, body); err == nil {
			a.log.InfoContext(ctx, "CloudFormation is answered", "status", string(v.status), "reason", a.clean(v.reason))
			return nil
		}
		a.log.WarnContext(ctx, "CloudFormation cannot be answered", "error", err, "try", try+1)
		if !again || try+1 == tries || a.h.o.Sleep(ctx, time.Second<<try) != nil {
			break
		}
	}
	return fmt.Errorf("answer CloudFormation with %s: %w", v.status, err)
}

// put makes one try. The type of the content is empty, as the signature of the address was made.
func (a *answer) put(ctx context.Context, body []byte) (again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, a.event.ResponseURL, bytes.NewReader(body))
	if err != nil {
		return false, errors.New("make request: the address is not understood")
	}
	res, err := a.h.o.Client.Do(req)
	if err != nil {
		var told *url.Error
		if errors.As(err, &told) {
			err = told.Err // what is around it repeats the address
		}
		return ctx.Err() == nil, errors.New(a.clean(err.Error()))
	}
	defer res.Body.Close()                                       //nolint:errcheck // it was read
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can be used again
	if res.StatusCode/100 == 2 {
		return false, nil
	}
	return res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests, fmt.Errorf("the answer was refused: %s", res.Status)
}

// body is the answer as JSON, with as much of the reason as there is room for.
func (a *answer) body(v verdict) []byte {
	e := a.event
	r := cfn.NewResponse(&e.Event)
	r.Status, r.PhysicalResourceID = v.status, physicalID(e)
	reason := a.clean(v.reason)
	if b := encode(r, reason); len(b) <= maxAnswer {
		return b
	}
	over := sort.Search(len(reason), func(n int) bool { return len(encode(r, cut(reason, n))) > maxAnswer })
	return encode(r, cut(reason, max(0, over-1)))
}

// encode leaves < and > as they are: escaped, they would take the room of six.
func encode(r *cfn.Response, reason string) []byte {
	r.Reason = reason
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(r) // texts only
	return bytes.TrimSpace(b.Bytes())
}

const ellipsis = "…"

// cut gives the beginning of a text, whole characters of it.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	if n == 0 {
		return ""
	}
	return s[:n] + ellipsis
}

// physicalID names the resource. It never changes: another one in the answer to an Update would have CloudFormation delete the one before,
// which is the teardown of a system that is to live.
func physicalID(e *event) string {
	if e.PhysicalResourceID != "" {
		return e.PhysicalResourceID
	}
	id := "mirrorwatch-teardown-" + cmp.Or(e.LogicalResourceID, e.RequestID)
	return id[:min(len(id), maxID)]
}

// clean takes the secret address out of a text.
func (a *answer) clean(s string) string {
	s = strings.ReplaceAll(s, a.event.ResponseURL, "(the address of the answer)")
	if u, err := url.Parse(a.event.ResponseURL); err == nil && u.RawQuery != "" {
		s = strings.ReplaceAll(s, u.RawQuery, "(the signature)")
	}
	return strings.ToValidUTF8(s, "?")
}
