// Package access holds the detectors of attempts to get in: guessed passwords and exploited services. What comes in is records; what
// goes out is findings that name who attacked whom and whether it worked. It never keeps a secret: no password and no cookie is
// ever in a record.
package access

import "github.com/mirrorwatch/mirrorwatch/shared/device"

// maxUIDs is how many conversations a finding points at.
const maxUIDs = 16

func keep(list []string, uid string) []string {
	if len(list) < maxUIDs {
		list = append(list, uid)
	}
	return list
}

// pair is the key of two devices, by serial.
func pair(a, b *device.Device) uint64 { return uint64(a.Serial)<<32 | uint64(b.Serial) }
