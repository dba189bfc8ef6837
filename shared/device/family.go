package device

import "strings"

// Family is the part of a device's name that it shares with its siblings: "web" of "web-07.internal.example.net". It is "" where there is
// none, and where a name is made of an address or an instance's number.
func (d *Device) Family() string { return familyOf(d.Hostname()) }

func familyOf(name string) string {
	first, _, _ := strings.Cut(strings.ToLower(name), ".")
	stem := strings.TrimRight(strings.TrimRight(first, "0123456789"), "-_")
	if len(stem) < 2 || strings.ContainsAny(stem, "0123456789") {
		return ""
	}
	return stem
}
