package selftest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"
)

// tries is how often a question over UDP is put: a datagram may be lost.
const tries = 3

// TalkOptions say with whom conversations are had.
type TalkOptions struct {
	Peer string // HOST:PORT of an Echo
	Now  func() time.Time
}

// Talk has the conversations for real, with an echo service on another host, and gives them with the addresses that they had. This host,
// or that one, is the one that is mirrored. Of ICMP it has none: that would take privileges.
func Talk(ctx context.Context, list []Conversation, o TalkOptions) ([]Conversation, error) {
	var had []Conversation
	for _, c := range list {
		if c.Proto == ICMP {
			continue
		}
		if err := o.talk(ctx, &c); err != nil {
			return had, fmt.Errorf("talk with %s over %s: %w", o.Peer, c.Proto, err)
		}
		had = append(had, c)
	}
	return had, nil
}

func (o *TalkOptions) talk(ctx context.Context, c *Conversation) error {
	d := net.Dialer{Timeout: patience}
	conn, err := d.DialContext(ctx, c.Proto, o.Peer)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	c.Client, c.Server = endOf(conn.LocalAddr()), endOf(conn.RemoteAddr())
	want := string(c.text(true))
	var got string
	for try := range tries {
		if got, err = o.question(conn, c, try); err == nil || c.Proto == TCP {
			break
		}
	}
	switch {
	case err != nil:
		return err
	case got != want:
		return errors.New("what answers there is no 'mirrorwatch mirror selftest --listen'")
	}
	return nil
}

// question asks once, and gives the line that is the answer.
func (o *TalkOptions) question(conn net.Conn, c *Conversation, try int) (string, error) {
	wait := patience
	if c.Proto == UDP {
		wait = patience / 10 << try
	}
	if err := conn.SetDeadline(o.Now().Add(wait)); err != nil {
		return "", err
	}
	if _, err := conn.Write(c.text(false)); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(io.LimitReader(conn, mostLine)).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = errors.New("it ended the conversation without an answer")
	}
	return line, err
}

func endOf(a net.Addr) netip.AddrPort {
	end, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(end.Addr().Unmap(), end.Port())
}
