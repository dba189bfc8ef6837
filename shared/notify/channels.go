package notify

import (
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// The types of channel: what store.Channel's Type may hold.
const (
	TypeWebhook   = "webhook"
	TypeSlack     = "slack"
	TypePagerDuty = "pagerduty"
	TypeSNS       = "sns"
	TypeSyslog    = "syslog"
	TypeJSONL     = "jsonl"
)

// Types lists every type of channel there is.
func Types() []string {
	return []string{TypeWebhook, TypeSlack, TypePagerDuty, TypeSNS, TypeSyslog, TypeJSONL}
}

// DefaultTimeout is how long one message may take.
const DefaultTimeout = 15 * time.Second

// ChannelOptions says what channels work with.
type ChannelOptions struct {
	Folder   string         // below it the JSON lines are written; empty: that channel is not to be had
	SNS      SNSClient      // nil: that channel is not to be had
	Topics   []string       // the SNS topics that may be written to; none: any that a rule names
	Resolver *net.Resolver  // nil: the system's
	Roots    *x509.CertPool // whom TLS trusts; nil: the system's
	Timeout  time.Duration  // 0: DefaultTimeout
	Version  string         // of the product, as it is said in messages
	Account  string         // what ASFF findings name where an event has none
	Region   string
	Host     string // name of this host, for syslog; empty: "-"
	FileSize int64  // bytes of a JSON lines file before the next is begun; 0: DefaultFileSize
}

// Channels makes every channel that can be had.
func Channels(o ChannelOptions) map[string]Channel {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	f := former{version: o.Version, account: o.Account, region: o.Region}
	d := dialer{resolver: o.Resolver, timeout: o.Timeout}
	post := newPoster(d, o.Roots, o.Version)
	all := map[string]Channel{
		TypeWebhook: &webhook{post: post, form: f}, TypeSlack: &slack{post: post}, TypePagerDuty: &pagerduty{post: post},
		TypeSyslog: &syslog{dialer: d, roots: o.Roots, host: o.Host, form: f},
	}
	if o.SNS != nil {
		all[TypeSNS] = &topic{client: o.SNS, only: o.Topics}
	}
	if o.Folder != "" {
		all[TypeJSONL] = newJSONL(o.Folder, o.FileSize, f)
	}
	return all
}

// withoutSecrets gives an error that may be logged, stored and shown: the URL of a webhook is a secret often enough, and the key always.
func withoutSecrets(err error, c store.Channel) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	text := err.Error()
	secrets := []string{c.Secret, c.URL}
	if at, bad := url.Parse(c.URL); bad == nil {
		secrets = append(secrets, at.RequestURI(), at.User.String())
	}
	for _, v := range c.Headers {
		secrets = append(secrets, v)
	}
	clean := text
	for _, s := range secrets {
		if len(s) > 3 {
			clean = strings.ReplaceAll(clean, s, "[secret]")
		}
	}
	if clean == text {
		return err
	}
	return &failure{error: errors.New(clean), permanent: isPermanent(err), after: askedWait(err)}
}
