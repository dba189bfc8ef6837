package exfil

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/device"
)

// busiest is how much hosts send outside in their busiest hours, of those that send anything worth mention.
type busiest struct {
	*detect.Memory[uint32, uploads]
	least float64
}

// uploads is bytes in an hour, fading.
type uploads struct{ most float64 }

// fadesAnHour: what is usual fades by half in a week.
const fadesAnHour = 0.996

func newBusiest(limit int, least float64) busiest {
	return busiest{detect.NewMemory(limit, detect.Code[uint32, uploads]{Letter: 'u', Version: 1, Write: writeUploads, Read: readUploads}), least}
}

// watch learns from an hour that is over.
func (b *busiest) watch(t *device.Turned) {
	if !t.Hour {
		return
	}
	sent := t.Counts[device.BytesOutExternal]
	u := b.Get(t.Device.Serial)
	if u == nil {
		if sent < b.least {
			return
		}
		u, _ = b.Put(t.Device.Serial)
	}
	before := u.most
	u.most = max(u.most*fadesAnHour, sent)
	if u.most > before || t.At%(24*events.Time(time.Hour)) == 0 {
		b.Note(t.Device.Serial)
	}
}

// of gives the bytes of a host's busiest hours; 0 where it has none.
func (b *busiest) of(host uint32) float64 {
	if u := b.Peek(host); u != nil {
		return u.most
	}
	return 0
}

func writeUploads(key, value *detect.Numbers, id uint32, u *uploads) {
	key.Add(int64(id))
	value.Add(int64(u.most))
}

func readUploads(key, value *detect.Numbers, u *uploads) uint32 {
	u.most = float64(value.Next(1 << 60))
	return uint32(key.Next(1<<32 - 1))
}
