package trail

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// maxGathered bounds the ids that are looked at of one call, of which maxResources are kept.
const maxGathered = 256

// keyResource begins what stands among the resources for an access key: its hash, so that what was done with a new key is found.
const keyResource = "access-key/"

// gathering is the ids and ARNs of one call, each once, in the order in which they stand there.
type gathering struct {
	clean *cleaner
	found []string
}

// resources gathers what a call is about, and what it made. Instances, interfaces and security groups come first: they are what network
// detections know.
func (w *canon) resources(t *tree, parts *parts, c *events.CloudTrail) {
	g := gathering{clean: w.cleaner}
	g.walk(t, parts.request)
	g.walk(t, parts.resources)
	g.walk(t, parts.response)
	c.Made = made(t, parts.response, w.cleaner, c)
	slices.SortStableFunc(g.found, func(a, b string) int { return rankOf(a) - rankOf(b) })
	if len(g.found) > 0 {
		c.Resources = slices.Clone(g.found[:min(len(g.found), maxResources)])
	}
}

func rankOf(id string) int {
	for i, kind := range [...]string{"i-", "eni-", "sg-", keyResource} {
		if strings.HasPrefix(id, kind) {
			return i
		}
	}
	return 4
}

func (g *gathering) walk(t *tree, node int) {
	if node < 0 || len(g.found) == maxGathered {
		return
	}
	for i := range t.children(node) {
		switch t.nodes[i].kind {
		case object, array:
			g.walk(t, i)
		case text:
			g.look(t, i)
		}
	}
}

// look takes a text where it names something.
func (g *gathering) look(t *tree, i int) {
	s := t.text(i)
	switch class := g.clean.class(t.key(i)); {
	case class == keyIDName && len(s) > 0:
		_, hash := shownKey(s)
		g.add(keyResource + hash)
	case class == secretName:
	case isID(s):
		g.add(string(s))
	case bytes.HasPrefix(s, []byte("arn:aws")) && len(s) <= maxResource:
		if arn := g.clean.text(s, maxResource); !strings.Contains(arn, "*") {
			g.add(arn)
		}
	case bytes.EqualFold(t.key(i), []byte("publicIp")):
		if a, err := netip.ParseAddr(string(s)); err == nil && a.Zone() == "" {
			g.add(a.Unmap().String())
		}
	}
}

func (g *gathering) add(id string) {
	if len(g.found) < maxGathered && !slices.Contains(g.found, id) {
		g.found = append(g.found, id)
	}
}

// isID says whether s has the form of the ids of EC2: letters, a dash, and 8 to 17 hexadecimal digits.
func isID(s []byte) bool {
	dash := bytes.LastIndexByte(s, '-')
	if dash < 1 || dash > 16 || len(s) > 34 {
		return false
	}
	digits := s[dash+1:]
	if len(digits) != 8 && len(digits) != 17 || !isHex(digits) {
		return false
	}
	for _, c := range s[:dash] {
		if (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return true
}
