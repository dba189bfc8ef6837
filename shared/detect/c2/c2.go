// Package c2 holds the detectors of command and control: a host inside that takes orders from elsewhere. What comes in is records;
// what goes out is findings that name the host that is led and, where it shows, who leads it. It never needs to read what they say.
package c2

// maxUIDs is how many conversations a finding points at.
const maxUIDs = 16

func keep(list []string, uid string) []string {
	if len(list) < maxUIDs {
		list = append(list, uid)
	}
	return list
}
