package device

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Service is one transport and port that a device offers or uses.
type Service struct {
	Proto       uint8 // IANA protocol number
	Port        uint16
	Name        string // the protocol that an analyzer confirmed, last seen; "" where none did
	Count       uint32 // conversations
	Peers       uint32 // different devices: the clients of what is offered, the servers of what is used
	Out, In     uint64 // bytes of IP that the device sent and got
	First, Last events.Time
}

// OffersPort says whether the device ever answered on the port.
func (d *Device) OffersPort(proto uint8, port uint16) bool {
	return serviceOf(d.Offers, proto, port) != nil
}

func serviceOf(list []Service, proto uint8, port uint16) *Service {
	for i := range list {
		if s := &list[i]; s.Port == port && s.Proto == proto {
			return s
		}
	}
	return nil
}

// serve adds what a record tells of a conversation to the service in list, which is returned. When there are too many, the least used one
// leaves: a host that answers on a port of its own for every transfer is known by the ports that stay.
func (d *Device) serve(list []Service, c *events.Conn, r report) []Service {
	s := serviceOf(list, c.IPProto, c.RespP)
	if s == nil {
		if len(list) < MaxServices {
			list = append(list, Service{})
			s = &list[len(list)-1]
		} else {
			s = leastUsed(list)
			d.Overflow++
		}
		*s = Service{Proto: c.IPProto, Port: c.RespP, First: c.TS}
	}
	if r.first && s.Count <= accident && c.TS-s.Last > accidentLasts {
		s.First, s.Count = c.TS, 0
	}
	s.Last = max(s.Last, c.TS)
	s.Out, s.In = s.Out+r.out, s.In+r.in
	if r.service != "" {
		s.Name = r.service
	}
	if r.first {
		s.Count++
		d.young = d.young || s.Count <= enoughByPort
	}
	if r.stranger {
		s.Peers++
	}
	return list
}

// What was asked for once or twice, days ago, is no service that was offered all along: it begins with those who come now.
const (
	accident      = 2
	accidentLasts = 48 * events.Time(time.Hour)
)

func leastUsed(list []Service) *Service {
	least := &list[0]
	for i := range list {
		if s := &list[i]; s.Count < least.Count || s.Count == least.Count && s.Last < least.Last {
			least = s
		}
	}
	return least
}
