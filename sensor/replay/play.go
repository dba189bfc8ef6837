package replay

import (
	"context"
	"fmt"
	"net"
	"time"
)

const (
	// ahead is how many datagrams may be on their way: few enough for any receive buffer.
	ahead = 64

	// step is how far time goes on at once, on the wire and in silence, so that what ends by time ends in order.
	step = 2 * time.Second

	// patience is how long the sensor may take for what is on its way. Then it was lost, and that is an error.
	patience = 10 * time.Second

	// breath is how long one waits before looking again.
	breath = 200 * time.Microsecond
)

// Player sends scenes to a sensor.
type Player struct {
	Clock *Clock
	// Progress is called now and then with how much was sent; may be nil.
	Progress func(scene string, sent int)

	conn net.Conn
	sent int64
	buf  []byte
}

// Play sends the scenes, in the order of their starts, to the UDP address of a sensor whose sources are the clock's. It returns when
// the sensor has taken all of them; time stands then at the end of the last one, until Done.
func (p *Player) Play(ctx context.Context, to string, scenes []*Scene) error {
	conn, err := net.Dial("udp", to)
	if err != nil {
		return fmt.Errorf("play to sensor: %w", err)
	}
	defer conn.Close()
	p.conn, p.buf = conn, make([]byte, header+maxFrame)
	for _, s := range scenes {
		if err := p.pass(ctx, s.Start); err != nil {
			return err
		}
		if err := p.scene(ctx, s); err != nil {
			return fmt.Errorf("play %s: %w", s.Name, err)
		}
	}
	return nil
}

// Done sets the clock to the present, after letting the time until then pass.
func (p *Player) Done(ctx context.Context) error {
	err := p.pass(ctx, p.Clock.now())
	p.Clock.position.Store(0)
	return err
}

func (p *Player) scene(ctx context.Context, s *Scene) error {
	for i := range s.packets {
		f := &s.packets[i]
		at := s.Start.Add(f.at)
		if at.Sub(p.Clock.Now()) > step {
			if err := p.pass(ctx, at); err != nil {
				return err
			}
		}
		if err := p.send(f, at); err != nil {
			return err
		}
		if i%ahead == ahead-1 {
			if err := p.arrived(ctx); err != nil {
				return err
			}
			if p.Progress != nil {
				p.Progress(s.Name, int(p.sent))
			}
		}
	}
	return p.pass(ctx, s.Start.Add(s.Length))
}

func (p *Player) send(f *framed, at time.Time) error {
	b := p.buf[:header+len(f.frame)]
	b[0] = 8 // the I flag: a VNI follows
	b[4], b[5], b[6] = byte(f.vni>>16), byte(f.vni>>8), byte(f.vni)
	p.Clock.write(b, at)
	copy(b[header:], f.frame)
	p.sent++
	if _, err := p.conn.Write(b); err != nil {
		return fmt.Errorf("send packet: %w", err)
	}
	return nil
}

// pass lets time go on to a moment. The sensor has everything from before it by then.
func (p *Player) pass(ctx context.Context, to time.Time) error {
	if err := p.arrived(ctx); err != nil {
		return err
	}
	if to.UnixNano() > p.Clock.position.Load() {
		p.Clock.position.Store(to.UnixNano())
	}
	return nil
}

// arrived waits until the sensor has everything that was sent.
func (p *Player) arrived(ctx context.Context) error {
	for waited := time.Duration(0); p.Clock.received.Load() < p.sent; waited += breath {
		if waited > patience {
			return fmt.Errorf("%d of %d packets did not arrive", p.sent-p.Clock.received.Load(), p.sent)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(breath):
		}
	}
	return nil
}
