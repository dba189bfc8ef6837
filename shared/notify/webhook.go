package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// The headers of a webhook. docs/events.md shows how a receiver verifies the signature.
const (
	HeaderSignature = "X-Mirrorwatch-Signature" // "t=<seconds since 1970>,v1=<hex HMAC-SHA256 of t + "." + body>"
	HeaderMessage   = "X-Mirrorwatch-Message"   // the message's id: the same for the same message, however often it comes
)

// webhook posts JSON, or what a template makes of it.
type webhook struct {
	post *poster
	form former
}

// Send posts the message.
func (w *webhook) Send(ctx context.Context, to store.Channel, m Message) error {
	body, kind, err := w.body(to, m)
	if err != nil {
		return permanent(err)
	}
	h := http.Header{}
	h.Set("Content-Type", kind)
	for k, v := range to.Headers {
		h.Set(k, v)
	}
	h.Set(HeaderMessage, m.ID)
	if to.Secret != "" {
		h.Set(HeaderSignature, Sign(to.Secret, m.Time.Unix(), body))
	}
	return w.post.send(ctx, to.URL, to.Private, h, body)
}

func (w *webhook) body(to store.Channel, m Message) (body []byte, kind string, err error) {
	if to.Template == "" {
		body, err = w.form.one(to.Format, m)
		return body, "application/json", err
	}
	t, err := parseTemplate(to.Template)
	if err != nil {
		return nil, "", err
	}
	if body, err = runTemplate(t, m); err != nil {
		return nil, "", err
	}
	if json.Valid(body) {
		return body, "application/json", nil
	}
	return body, "text/plain; charset=utf-8", nil
}

// Sign gives the value of HeaderSignature.
func Sign(secret string, seconds int64, body []byte) string {
	t := strconv.FormatInt(seconds, 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac(secret, t, body))
}

// Verify says whether a body came from who knows the secret, no longer ago than tolerance seconds before now, or so much ahead of it.
func Verify(secret, signature string, body []byte, now, tolerance int64) bool {
	stamp, rest, _ := strings.Cut(signature, ",")
	t, ok1 := strings.CutPrefix(stamp, "t=")
	v, ok2 := strings.CutPrefix(rest, "v1=")
	seconds, err1 := strconv.ParseInt(t, 10, 64)
	sum, err2 := hex.DecodeString(v)
	if !ok1 || !ok2 || err1 != nil || err2 != nil || now-seconds > tolerance || seconds-now > tolerance {
		return false
	}
	return hmac.Equal(sum, mac(secret, t, body))
}

func mac(secret, stamp string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(stamp + "."))
	h.Write(body)
	return h.Sum(nil)
}
