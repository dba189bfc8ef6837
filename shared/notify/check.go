package notify

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Limits of a rule.
const (
	maxName    = 200
	maxURL     = 2048
	maxSecret  = 1024
	maxHeaders = 20
	maxHeader  = 1024
	maxQuiet   = 20
	maxPerHour = 1000
	minDigest  = time.Minute
	maxDigest  = 7 * 24 * time.Hour
)

// Check says what is wrong with a rule: nil, or a *store.Invalid that names the field. It looks nothing up: that a host name leads to
// a private address shows when a message is sent.
func Check(rule store.NotificationRule) error {
	for _, check := range []func(*store.NotificationRule) *store.Invalid{checkRule, checkQuiet, checkChannel, checkForm} {
		if bad := check(&rule); bad != nil {
			return bad
		}
	}
	return nil
}

func invalid(field, value, allowed string) *store.Invalid {
	return &store.Invalid{Field: field, Value: line(value, 200), Allowed: allowed}
}

func checkRule(r *store.NotificationRule) *store.Invalid {
	if n := utf8.RuneCountInString(r.Name); n == 0 || n > maxName || line(r.Name, 4*maxName) != r.Name {
		return invalid("name", r.Name, fmt.Sprintf("1 to %d characters on one line", maxName))
	}
	for _, on := range r.On {
		if !slices.Contains(Reasons(), on) {
			return invalid("on", on, "one of "+strings.Join(Reasons(), ", "))
		}
	}
	var bad *store.Invalid
	if err := r.Match.Validate(); errors.As(err, &bad) {
		return invalid("match."+bad.Field, bad.Value, bad.Allowed)
	} else if err != nil {
		return invalid("match", err.Error(), "a filter of detections")
	}
	if r.PerHour < 0 || r.PerHour > maxPerHour {
		return invalid("per_hour", strconv.Itoa(r.PerHour), fmt.Sprintf("0 to %d", maxPerHour))
	}
	if r.Digest == "" {
		return nil
	}
	if d, err := time.ParseDuration(r.Digest); err != nil || d < minDigest || d > maxDigest {
		return invalid("digest", r.Digest, "a length of time from 1m to 168h, such as 15m")
	}
	return nil
}

func checkQuiet(r *store.NotificationRule) *store.Invalid {
	if len(r.Quiet) > maxQuiet {
		return invalid("quiet", strconv.Itoa(len(r.Quiet)), fmt.Sprintf("at most %d spans", maxQuiet))
	}
	clock := regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
	for _, q := range r.Quiet {
		for _, d := range q.Days {
			if !slices.Contains(weekdays(), d) {
				return invalid("quiet.days", d, "one of mon, tue, wed, thu, fri, sat, sun")
			}
		}
		if !clock.MatchString(q.From) {
			return invalid("quiet.from", q.From, "a time of day from 00:00 to 23:59")
		}
		if !clock.MatchString(q.To) {
			return invalid("quiet.to", q.To, "a time of day from 00:00 to 23:59")
		}
		if _, err := time.LoadLocation(q.Zone); err != nil || q.Zone == "Local" || len(q.Zone) > 64 {
			return invalid("quiet.zone", q.Zone, "an IANA time zone, such as Europe/Berlin")
		}
		if q.MinScore < 0 || q.MinScore > 99 {
			return invalid("quiet.min_score", strconv.Itoa(q.MinScore), "0 to 99")
		}
	}
	return nil
}

func checkChannel(r *store.NotificationRule) *store.Invalid {
	c := &r.Channel
	if len(c.Secret) > maxSecret {
		return invalid("channel.secret", "(hidden)", fmt.Sprintf("at most %d bytes", maxSecret))
	}
	switch c.Type {
	case TypeWebhook:
		if bad := checkHeaders(c.Headers); bad != nil {
			return bad
		}
		return checkURL(c)
	case TypeSlack:
		return checkURL(c)
	case TypePagerDuty:
		if !regexp.MustCompile(`^[A-Za-z0-9]{8,64}$`).MatchString(c.Secret) {
			return invalid("channel.secret", "(hidden)", "a routing key: 8 to 64 letters and digits")
		}
		if c.URL == "" {
			return nil
		}
		return checkURL(c)
	case TypeSNS:
		if !regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$`).MatchString(c.Topic) {
			return invalid("channel.topic", c.Topic, "the ARN of an SNS topic")
		}
		return nil
	case TypeSyslog:
		return checkSyslog(c)
	case TypeJSONL:
		if checkPath(c.Path) != nil {
			return invalid("channel.path", c.Path, pathRule)
		}
		return nil
	}
	return invalid("channel.type", c.Type, "one of "+strings.Join(Types(), ", "))
}

// checkURL never gives the URL back: it often is the secret.
func checkURL(c *store.Channel) *store.Invalid {
	u, err := url.Parse(c.URL)
	if err != nil || len(c.URL) > maxURL || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.Opaque != "" || u.Fragment != "" {
		return invalid("channel.url", "(hidden)", "an http or https URL with a host")
	}
	return checkHost("channel.url", u.Hostname(), c.Private)
}

func checkHost(field, host string, private bool) *store.Invalid {
	bare, _, _ := strings.Cut(host, "%")
	if a, err := netip.ParseAddr(bare); err == nil {
		if why := refused(a, private); why != "" {
			return invalid(field, host, "a public address (it is "+why+"); allow_private permits those of private networks")
		}
	}
	return nil
}

func checkSyslog(c *store.Channel) *store.Invalid {
	const want = "udp://host:port, tcp://host:port or tls://host:port"
	u, err := url.Parse(c.Address)
	if err != nil || len(c.Address) > maxURL || !slices.Contains([]string{"udp", "tcp", "tls"}, u.Scheme) || u.Hostname() == "" ||
		u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return invalid("channel.address", c.Address, want)
	}
	if p := u.Port(); p != "" {
		if n, err := net.LookupPort("tcp", p); err != nil || n == 0 {
			return invalid("channel.address", c.Address, want)
		}
	}
	return checkHost("channel.address", u.Hostname(), c.Private)
}

// ownHeaders are those that the webhook sets itself, or that say how the body is carried.
func ownHeaders() []string {
	return []string{
		"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "proxy-connection", "keep-alive", "expect",
		"user-agent", strings.ToLower(HeaderSignature), strings.ToLower(HeaderMessage),
	}
}

func checkHeaders(headers map[string]string) *store.Invalid {
	if len(headers) > maxHeaders {
		return invalid("channel.headers", strconv.Itoa(len(headers)), fmt.Sprintf("at most %d", maxHeaders))
	}
	for k, v := range headers {
		if !regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$").MatchString(k) || slices.Contains(ownHeaders(), strings.ToLower(k)) {
			return invalid("channel.headers", k, "the name of a header that may be set")
		}
		if line(v, maxHeader+1) != v || len(v) > maxHeader {
			return invalid("channel.headers."+k, "(hidden)", fmt.Sprintf("a value of at most %d bytes on one line", maxHeader))
		}
	}
	return nil
}

const pathRule = "a path of at most 8 parts of letters, digits, . _ - below the data folder, such as alerts/all.jsonl"

// checkPath refuses what is not plainly below the folder.
func checkPath(name string) error {
	parts := strings.Split(name, "/")
	ok := len(name) <= 256 && len(parts) <= 8 && path.Clean(name) == name && regexp.MustCompile(`^[A-Za-z0-9._/-]+$`).MatchString(name)
	for _, p := range parts {
		ok = ok && p != "" && p[0] != '.' && p[0] != '-'
	}
	if !ok {
		return fmt.Errorf("path %q is not %s", line(name, 200), pathRule)
	}
	return nil
}

// checkForm looks at format and template, and runs the template on a test message.
func checkForm(r *store.NotificationRule) *store.Invalid {
	c := &r.Channel
	if c.Format != "" && !slices.Contains(Formats(), c.Format) {
		return invalid("channel.format", c.Format, "one of "+strings.Join(Formats(), ", "))
	}
	if c.Format != "" && c.Format != FormJSON {
		if !slices.Contains([]string{TypeWebhook, TypeSyslog, TypeJSONL}, c.Type) {
			return invalid("channel.format", c.Format, "for a "+c.Type+" channel, which has a form of its own")
		}
		if slices.ContainsFunc(r.On, func(on string) bool { return on == OnCoverage || on == OnHealth || on == OnMirror }) {
			return invalid("channel.format", c.Format, "for coverage, health and mirror, which only json can say")
		}
	}
	if c.Template == "" {
		return nil
	}
	if c.Type != TypeWebhook || c.Format != "" && c.Format != FormJSON {
		return invalid("channel.template", c.Template, "for anything but a webhook with the format json")
	}
	t, err := parseTemplate(c.Template)
	if err == nil {
		_, err = runTemplate(t, testMessage(*r, time.Unix(1772420645, 0).UTC()))
	}
	if err != nil {
		return invalid("channel.template", err.Error(), "a template that can be run")
	}
	return nil
}
