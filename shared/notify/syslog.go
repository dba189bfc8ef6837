package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/bus"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// Limits of a syslog message. RFC 5426 wants receivers of UDP to take 2,048 bytes, and calls for staying below the path's MTU where
// that is known; most take far more. Over a stream there is no bound but sense.
const (
	syslogUDP    = 8 << 10
	syslogStream = 256 << 10
)

// syslog sends RFC 5424 messages: over UDP one a datagram (RFC 5426), over TCP and TLS with octet counting (RFC 6587, RFC 5425).
type syslog struct {
	dialer dialer
	roots  *x509.CertPool
	host   string
	form   former
}

// Send connects, and sends every event of the message as a line of its own.
func (s *syslog) Send(ctx context.Context, to store.Channel, m Message) error {
	at, err := url.Parse(to.Address)
	if err != nil {
		return permanent(fmt.Errorf("address is not valid"))
	}
	limit := syslogStream
	if at.Scheme == "udp" {
		limit = syslogUDP
	}
	frames, err := s.frames(to.Format, m, limit, at.Scheme != "udp")
	if err != nil {
		return permanent(err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.dialer.timeout)
	defer cancel()
	conn, err := s.connect(ctx, at, to.Private)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	for _, f := range frames {
		if _, err := conn.Write(f); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}

func (s *syslog) connect(ctx context.Context, at *url.URL, private bool) (net.Conn, error) {
	network, port := "tcp", "601"
	switch at.Scheme {
	case "udp":
		network, port = "udp", "514"
	case "tls":
		port = "6514"
	}
	if p := at.Port(); p != "" {
		port = p
	}
	conn, err := s.dialer.dial(private)(ctx, network, net.JoinHostPort(at.Hostname(), port))
	if err != nil || at.Scheme != "tls" {
		return conn, err
	}
	secure := tls.Client(conn, &tls.Config{ServerName: at.Hostname(), RootCAs: s.roots, MinVersion: tls.VersionTLS12})
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return secure, nil
}

// frames gives the bytes of each message. One that is too long has its event cut, so that what is sent is whole JSON still.
func (s *syslog) frames(format string, m Message, limit int, counted bool) (frames [][]byte, err error) {
	for i := range m.Events {
		e := m.Events[i]
		var f []byte
		for room := limit; ; room /= 2 {
			if room < 1<<9 {
				return nil, fmt.Errorf("event %s does not fit in %d bytes", e.ID, limit)
			}
			small, err := bus.Fit(e, room)
			if err != nil {
				return nil, err
			}
			body, err := s.form.event(format, &small)
			if err != nil {
				return nil, err
			}
			if f = s.line(&small, m, body); len(f) <= limit {
				break
			}
		}
		if counted {
			f = append([]byte(strconv.Itoa(len(f))+" "), f...)
		}
		frames = append(frames, f)
	}
	return frames, nil
}

// local0 is the facility; the enterprise number is the one that IANA keeps for examples, as Mirrorwatch has none.
const (
	local0 = 16
	sdID   = "mirrorwatch@32473"
)

// line is one message: <PRI>1 TIME HOST APP PROCID MSGID [SD] BOM MSG.
func (s *syslog) line(e *events.Event, m Message, body []byte) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "<%d>1 %s %s mirrorwatch - %s [%s", local0*8+level(e), e.Time.UTC().Format("2006-01-02T15:04:05.000000Z07:00"),
		printable(s.host, 255), printable(strings.ReplaceAll(string(e.DetailType), " ", ""), 32), sdID)
	param := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, ` %s="%s"`, name, sdValue(value))
		}
	}
	param("rule", m.Rule)
	param("reason", m.Reason)
	param("subject", e.Detail.Subject)
	if d := e.Detail.Detection; d != nil {
		param("type", d.Type)
		param("band", string(d.Risk.Band))
		param("score", strconv.Itoa(d.Risk.Score))
		if d.Context != nil {
			param("incident", d.Context.Incident)
		}
	}
	b.WriteString("] \ufeff")
	b.Write(body) // JSON: its control characters are escaped
	return []byte(b.String())
}

// sdValue escapes what RFC 5424 wants escaped in a parameter's value, and keeps it on one line.
func sdValue(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, `]`, `\]`).Replace(line(s, 256))
}

// printable keeps to the printable ASCII without spaces that the header may hold; "-" stands for nothing.
func printable(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	if s == "" {
		return "-"
	}
	return s[:min(len(s), limit)]
}

// level is the syslog severity: critical, error, warning, notice by band.
func level(e *events.Event) int {
	d := e.Detail.Detection
	if d == nil || d.Risk.Band == "" {
		return 4
	}
	return map[events.Band]int{"critical": 2, "high": 3, "medium": 4, "low": 5}[d.Risk.Band]
}
