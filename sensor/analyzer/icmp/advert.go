package icmp

import (
	"fmt"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/sensor/flow"
)

// routerAdvertisement is the ICMPv6 type (RFC 4861 section 4.2).
const routerAdvertisement = 134

// advert looks at the options of a router advertisement, of which b begins after the first eight bytes. A length that its type cannot
// have is made to be read wrongly: CVE-2020-16898 is an even one of the option for name servers.
func (r *reader) advert(d flow.Dir, b []byte) {
	kind := r.conv.Head.OrigP
	if d == flow.Resp {
		kind = r.conv.Head.RespP
	}
	const times = 8 // reachable time and retransmission timer
	if !r.rec.V6 || kind != routerAdvertisement || len(b) < times {
		return
	}
	for b = b[times:]; len(b) >= 2; {
		option, size := b[0], int(b[1])
		if !possible(option, size) {
			r.conv.Weird(events.WeirdAdvertOption, fmt.Sprintf("option %d of %d bytes", option, 8*size))
			return
		}
		if 8*size > len(b) {
			return // the frame was cut
		}
		b = b[8*size:]
	}
}

// possible says whether an option may be so many times eight bytes long: prefix, MTU (RFC 4861 section 4.6), route (RFC 4191), name
// servers and search list (RFC 8106). Of others only that they are not empty is known.
func possible(option uint8, size int) bool {
	switch option {
	case 3:
		return size == 4
	case 5:
		return size == 1
	case 24:
		return size >= 1 && size <= 3
	case 25:
		return size >= 3 && size%2 == 1
	case 31:
		return size >= 2
	}
	return size > 0
}
