package incident

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// role says what a party did in a detection; it may be both.
type role uint8

const (
	offender role = 1
	victim   role = 2
)

// filing is a party under which a detection is filed.
type filing struct {
	key  string
	role role
}

// maxKey is how long the key of a party may be as it is; a longer one, or one with other characters than an id may have, is hashed.
const maxKey = 120

// Keys names the documents of a detection's parties: offenders before victims, internal ones before external, at most MaxParties.
func Keys(d *events.Detection) []store.DocumentKey {
	var keys []store.DocumentKey
	for _, f := range filings(d) {
		keys = append(keys, partyKey(f.key))
	}
	return keys
}

func partyKey(key string) store.DocumentKey {
	return store.DocumentKey{Kind: store.KindIncidentParty, ID: key}
}

func incidentKey(id string) store.DocumentKey {
	return store.DocumentKey{Kind: store.KindIncident, ID: id}
}

// filings are the parties of a detection, in the order of Keys.
func filings(d *events.Detection) []filing {
	var list []filing
	for _, p := range parties(d) {
		for _, key := range p.keys() {
			at := slices.IndexFunc(list, func(f filing) bool { return f.key == key })
			switch {
			case at >= 0:
				list[at].role |= p.role()
			case len(list) < MaxParties:
				list = append(list, filing{key, p.role()})
			}
		}
	}
	return list
}

// party is a participant in short, as an incident remembers it. Every text is bounded and clean.
type party struct {
	Victim   bool   `json:"v,omitempty"`
	Device   string `json:"d,omitempty"`
	Address  string `json:"a,omitempty"`
	Name     string `json:"n,omitempty"`
	Instance string `json:"i,omitempty"`
	User     string `json:"u,omitempty"` // a principal of AWS
	VPC      string `json:"w,omitempty"`
	External bool   `json:"x,omitempty"`
}

func (p *party) role() role {
	if p.Victim {
		return victim
	}
	return offender
}

// parties gives the participants of a detection: offenders first, internal ones first, and otherwise as they stand.
func parties(d *events.Detection) []party {
	list := make([]party, 0, len(d.Participants))
	for i := range d.Participants {
		list = append(list, partyOf(d, &d.Participants[i]))
	}
	place := func(p *party) int {
		n := 0
		if p.Victim {
			n += 2
		}
		if p.External {
			n++
		}
		return n
	}
	slices.SortStableFunc(list, func(a, b party) int { return cmp.Compare(place(&a), place(&b)) })
	return list
}

// partyOf takes what the inventory knows of a participant from the context, where the detection itself does not say it.
func partyOf(d *events.Detection, p *events.Participant) party {
	out := party{
		Victim: p.Role != "offender", Device: text(p.Device, 160), Name: text(p.Hostname, maxName), Instance: text(p.Instance, 64), VPC: text(p.VPC, 64),
		External: p.External,
	}
	if p.Address.IsValid() {
		out.Address = p.Address.Unmap().String()
	}
	if isPrincipal(p.User) {
		out.User = text(p.User, 160)
	}
	if d.Context == nil {
		return out
	}
	for i := range d.Context.Who {
		if who := &d.Context.Who[i]; p.Address.IsValid() && who.Address.Unmap() == p.Address.Unmap() {
			out.Instance, out.Name = cmp.Or(out.Instance, text(who.Instance, 64)), cmp.Or(out.Name, text(who.Name, maxName))
		}
	}
	return out
}

// isPrincipal tells principals of AWS (ARNs, and ids with a session) from names of users on the wire: everybody has a root.
func isPrincipal(user string) bool { return strings.Contains(user, ":") }

// keys are under which a party's detections are filed. One inside is its device, since addresses mean little there; one outside its address.
func (p *party) keys() []string {
	var list []string
	switch {
	case p.Device != "" && !p.External:
		list = append(list, keyOf("device/"+p.Device))
	case p.Address != "" && p.External:
		list = append(list, keyOf("address/"+p.Address))
	case p.Address != "":
		list = append(list, keyOf("address/"+p.VPC+"/"+p.Address))
	}
	if p.Instance != "" {
		list = append(list, keyOf(keyInstance+p.Instance))
	}
	if p.User != "" {
		list = append(list, keyOf(keyPrincipal+p.User))
	}
	return list
}

// Kinds of keys that tell sessions.
const (
	keyInstance  = "instance/"
	keyPrincipal = "principal/"
)

func keyOf(key string) string {
	if store.CheckID("key", key) == nil && len(key) <= maxKey {
		return key
	}
	kind, _, _ := strings.Cut(key, "/")
	sum := sha256.Sum256([]byte(key))
	return kind + "/~" + hex.EncodeToString(sum[:16])
}

// ID is the id of an incident by its earliest detection. It begins with the seconds that are left until a far year, so that a list in
// the order of ids has the newest first, and ends with the id of the detection.
func ID(start time.Time, detection string) string {
	if store.CheckID("id", detection) != nil || len(detection) > 64 {
		sum := sha256.Sum256([]byte(detection))
		detection = hex.EncodeToString(sum[:16])
	}
	return fmt.Sprintf("%011d-%s", farSecond-start.Unix(), detection)
}

// farSecond is in the year 5138: times of the years 1900 to 2200 stay positive and have eleven digits.
const farSecond = 99_999_999_999

// Prefix gives what the ids of all incidents begin with that started in [from, to), as far as they have it in common: a list of them
// passes over little else.
func Prefix(from, to time.Time) string {
	a, b := ID(to, "x"), ID(from, "x")
	n := 0
	for n < 11 && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// Started says in which second an incident started, from its id alone; ok is false where that is no id of an incident.
func Started(id string) (at time.Time, ok bool) {
	digits, _, found := strings.Cut(id, "-")
	if !found || len(digits) != 11 {
		return at, false
	}
	var left int64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return at, false
		}
		left = left*10 + int64(c-'0')
	}
	return time.Unix(farSecond-left, 0).UTC(), true
}
