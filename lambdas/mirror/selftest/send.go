package selftest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// MostVNI is the highest network identifier of VXLAN.
const MostVNI = 1<<24 - 1

// SendOptions say where datagrams go.
type SendOptions struct {
	To  string // address of a load balancer or sensor
	VNI uint32
	// SplitPorts sends what servers say from another outer port, as AWS does with answers of its resolver: the two directions then
	// meet in one sensor only where the load balancer goes by source address.
	SplitPorts bool
	Sleep      func(ctx context.Context, d time.Duration) error
}

// pace is the time between datagrams: a load balancer needs a moment to learn of a flow.
const pace = 2 * time.Millisecond

// Send sends every packet of the conversations as a mirror session would: wrapped in VXLAN, both directions of a conversation from the same
// outer port, and each conversation from another. Conversations are sent side by side, so that a sensor has all of them open at once.
func Send(ctx context.Context, list []Conversation, o SendOptions) error {
	if o.VNI < 1 || o.VNI > MostVNI {
		return fmt.Errorf("VNI %d: want 1 to %d", o.VNI, MostVNI)
	}
	var lines []*line
	defer func() {
		for _, l := range lines {
			l.close()
		}
	}()
	for i := range list {
		l, err := dial(ctx, &list[i], o)
		if err != nil {
			return fmt.Errorf("send to %s: %w", o.To, err)
		}
		lines = append(lines, l)
	}
	for more := true; more; {
		more = false
		for _, l := range lines {
			if len(l.left) == 0 {
				continue
			}
			more = true
			if err := l.next(o.VNI); err != nil {
				return fmt.Errorf("send to %s: %w", o.To, err)
			}
			if err := o.Sleep(ctx, pace); err != nil {
				return err
			}
		}
	}
	return nil
}

// line is a conversation on its way, with the outer port that is its own.
type line struct {
	there, back net.Conn
	left        []frame
}

func dial(ctx context.Context, c *Conversation, o SendOptions) (*line, error) {
	var d net.Dialer
	there, err := d.DialContext(ctx, "udp", o.To)
	if err != nil {
		return nil, err
	}
	l := &line{there: there, back: there, left: c.frames()}
	if o.SplitPorts {
		if l.back, err = d.DialContext(ctx, "udp", there.RemoteAddr().String()); err != nil {
			return nil, errors.Join(err, there.Close())
		}
	}
	return l, nil
}

// next sends the packet that is due. A refusal is of an earlier datagram: nobody listens there.
func (l *line) next(vni uint32) error {
	f := l.left[0]
	l.left = l.left[1:]
	conn := l.there
	if f.back {
		conn = l.back
	}
	_, err := conn.Write(wrapped(vni, f.data))
	return err
}

func (l *line) close() {
	l.there.Close()
	if l.back != l.there {
		l.back.Close()
	}
}
