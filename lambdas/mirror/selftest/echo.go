package selftest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// The bounds of an echo service: it is open to whoever reaches its port.
const (
	mostConnections = 64
	mostLine        = 256 // bytes of what somebody says
	patience        = 10 * time.Second
	mostAnswers     = 200 // a second, of UDP: it answers no more than it hears, and never to itself
)

// Echo answers the conversations of Talk, over TCP and UDP.
type Echo struct {
	tcp net.Listener
	udp net.PacketConn
	now func() time.Time
}

// Listen opens the same port for TCP and UDP; of port 0 one that is free for both.
func Listen(ctx context.Context, address string, now func() time.Time) (*Echo, error) {
	var c net.ListenConfig
	tcp, err := c.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	udp, err := c.ListenPacket(ctx, "udp", tcp.Addr().String())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen: %w", err), tcp.Close())
	}
	return &Echo{tcp, udp, now}, nil
}

// Address is where it listens.
func (e *Echo) Address() string { return e.tcp.Addr().String() }

// Serve answers until the context ends.
func (e *Echo) Serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { e.tcp.Close(); e.udp.Close() })
	defer stop()
	ended := make(chan error, 2)
	go func() { ended <- e.serveTCP() }()
	go func() { ended <- e.serveUDP() }()
	err := <-ended
	e.tcp.Close()
	e.udp.Close()
	<-ended
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("answer: %w", err)
}

func (e *Echo) serveTCP() error {
	room := make(chan struct{}, mostConnections)
	for {
		conn, err := e.tcp.Accept()
		if err != nil {
			return err
		}
		select {
		case room <- struct{}{}:
			go func() {
				defer func() { conn.Close(); <-room }()
				e.answer(conn)
			}()
		default:
			conn.Close() // full: whoever it is asks again
		}
	}
}

// answer answers one line, and waits for the other side to end the conversation.
func (e *Echo) answer(conn net.Conn) {
	if conn.SetDeadline(e.now().Add(patience)) != nil {
		return
	}
	line, err := bufio.NewReader(io.LimitReader(conn, mostLine)).ReadString('\n')
	if err != nil {
		return
	}
	if reply, ok := replyTo(line); ok {
		if _, err := io.WriteString(conn, reply); err == nil {
			io.CopyN(io.Discard, conn, 1) //nolint:errcheck // only the end is waited for
		}
	}
}

func (e *Echo) serveUDP() error {
	limit := rate.NewLimiter(mostAnswers, mostAnswers)
	b := make([]byte, mostLine)
	for {
		n, from, err := e.udp.ReadFrom(b)
		if err != nil {
			return err
		}
		reply, ok := replyTo(string(b[:n]))
		if !ok || !limit.AllowN(e.now(), 1) {
			continue
		}
		if _, err := e.udp.WriteTo([]byte(reply), from); errors.Is(err, net.ErrClosed) {
			return err
		}
	}
}

// replyTo answers what Talk asks, and nothing else.
func replyTo(line string) (string, bool) {
	marker, ok := strings.CutPrefix(line, asks)
	return answers + marker, ok && strings.HasSuffix(marker, "\n") && len(line) < mostLine
}
