// Package impact holds the detectors of harm done: floods, services worn out, data made worthless. What comes in is records; what goes
// out is findings that name who suffers, and who does it as far as the packets tell: a flood's senders are often made up. It never
// judges how somebody got in: that is for the tactics that come before.
package impact

import (
	"time"

	"github.com/mirrorwatch/mirrorwatch/shared/detect"
	"github.com/mirrorwatch/mirrorwatch/shared/sketch"
)

// maxSources is how many senders of a flood are named.
const maxSources = 16

// portHash is the hash of a port.
func portHash(p uint16) uint64 { return sketch.Mix(uint64(p)) }

// floodFinding is what a case amounts to in which the one end is the victim and the others, whoever they are, were added as the case's
// "victims": they are its senders, and the first of them are named.
func floodFinding(k detect.CaseKey, c *detect.Case, port uint16, confidence float64, description string) detect.Finding {
	f := c.Finding(k, confidence, description)
	f.Offenders = c.Victims[:min(len(c.Victims), maxSources)]
	f.Victims = []detect.Party{{Addr: k.To, Port: port}}
	return f
}

// seconds is how long a case lasted.
func seconds(c *detect.Case) float64 { return c.Last.Sub(c.Start).Seconds() }

// span is how long a case lasted, for a person.
func span(c *detect.Case) time.Duration {
	d := c.Last.Sub(c.Start)
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Second)
}

// number writes a count of different things for a person.
func number(d *sketch.Distinct, one, many string) string {
	if d.Count() == 1 {
		return "one " + one
	}
	return d.Text() + " " + many
}
