package hygiene

import (
	"net/netip"

	"github.com/mirrorwatch/mirrorwatch/shared/detect"
)

// weakServerFields is how what was said of a server is kept over a restart. Whoever changes it raises the version of the memory.
func weakServerFields(key, value *detect.Form, k *netip.AddrPort, s *weakServer) {
	addr, port := k.Addr(), k.Port()
	key.Addr(&addr)
	detect.Number(key, &port)
	*k = netip.AddrPortFrom(addr, port)
	detect.Number(value, &s.told)
	detect.Number(value, &s.start)
	value.UIDs(&s.uids)
}
