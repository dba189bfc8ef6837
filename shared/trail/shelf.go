package trail

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// The index is documents of a quarter of an hour, four each, so that several writers seldom meet.
const (
	quarter   = 15 * time.Minute
	shards    = 4
	idForm    = "200601021504"
	keptFor   = 3 * 24 * time.Hour
	shelfRoom = store.MaxBody - 1<<10 // bytes of calls in one document
	version   = 1
)

// entry is a call in the index. Of a class of which only few are kept it stands for all that are alike.
type entry struct {
	events.CloudTrail
	class *watched
	seen  sightings // of a class of few: the events that it stands for
}

func newEntry(c *events.CloudTrail) (*entry, bool) {
	class, ok := classOfCall(c)
	if !ok {
		return nil, false
	}
	e := &entry{CloudTrail: *c, class: class}
	if class.few {
		e.seen.add(c.UID)
	}
	if class == &ofInstance {
		e.Parameters = "" // who called from where is what these are kept for
	}
	return e, true
}

// times is how many calls it stands for.
func (e *entry) times() int { return max(e.seen.count(), 1) }

// whose tells sessions apart.
func (e *entry) whose() string { return firstOf(e.PrincipalID, e.Principal, e.From) }

// alike is equal for calls of which one is kept.
func (e *entry) alike() string {
	if !e.class.few {
		return e.UID
	}
	what := ""
	if strings.HasPrefix(e.Name, "AssumeRole") || e.class.weight > ofInstance.weight {
		what = e.target()
	}
	return strings.Join([]string{e.whose(), e.From, e.Service, e.Name, e.ErrorCode, what}, "\x00")
}

// target is what a call of few is about: the role that is taken on, the secret that is read.
func (e *entry) target() string {
	for _, r := range e.Resources {
		if strings.HasPrefix(r, "arn:") {
			return r
		}
	}
	return e.Parameters
}

// shelfID is the document that a call belongs into. The calls of a session stand together where only few of them are kept.
func (e *entry) shelfID() string {
	by := e.UID
	if e.class.few {
		by = e.whose()
	}
	return shelfID(e.TS.Time(), int(hashOf(by)%shards))
}

func shelfID(at time.Time, shard int) string {
	return at.UTC().Truncate(quarter).Format(idForm) + "/" + strconv.Itoa(shard)
}

func byTime(a, b *entry) int {
	return cmp.Or(cmp.Compare(a.TS, b.TS), strings.Compare(a.UID, b.UID))
}

// shelf is one document of the index.
type shelf struct {
	entries map[string]*entry // by alike
	dropped sightings         // events for which there was no room
}

func newShelf() *shelf { return &shelf{entries: map[string]*entry{}} }

// add puts a call in; false where it was there.
func (s *shelf) add(e *entry) bool {
	old := s.entries[e.alike()]
	if old == nil {
		s.entries[e.alike()] = e
		return true
	}
	if !e.class.few {
		return false
	}
	both := slices.Clone(old.seen)
	changed := both.merge(e.seen)
	if byTime(e, old) < 0 { // the first of those that are alike stands for them, in whatever order they come
		first := *e
		s.entries[e.alike()], old, changed = &first, &first, true
	}
	old.seen = both
	return changed
}

// sorted gives the calls in the order of their times.
func (s *shelf) sorted() []*entry {
	list := make([]*entry, 0, len(s.entries))
	for _, e := range s.entries {
		list = append(list, e)
	}
	slices.SortFunc(list, byTime)
	return list
}

// encode writes the document. Where there is no room for all, the cheapest leave, and are counted.
func (s *shelf) encode() []byte {
	list := s.sorted()
	lines := make([][]byte, len(list))
	size := 0
	for i, e := range list {
		lines[i] = e.encode()
		size += len(lines[i]) + 1
	}
	if size > shelfRoom {
		s.makeRoom(list, lines, size)
	}
	out := fmt.Appendf(nil, `{"v":%d,"dropped":"%s","calls":[`, version, base64.StdEncoding.EncodeToString(s.dropped.bytes()))
	for _, line := range lines {
		if line == nil {
			continue
		}
		if out[len(out)-1] != '[' {
			out = append(out, ',')
		}
		out = append(out, line...)
	}
	return append(out, "]}"...)
}

func (e *entry) encode() []byte {
	line := []byte(`{`)
	if len(e.seen) > 0 {
		line = fmt.Appendf(line, `"seen":"%s",`, base64.StdEncoding.EncodeToString(e.seen.bytes()))
	}
	line = append(line, `"call":`...)
	return append(e.CloudTrail.AppendJSON(line), '}')
}

// makeRoom takes the lines of the cheapest calls away until the others fit. Which leave depends on nothing but what there is.
func (s *shelf) makeRoom(list []*entry, lines [][]byte, size int) {
	first := map[string]bool{}
	cost := make([]int, len(list))
	order := make([]int, len(list))
	for i, e := range list {
		order[i], cost[i] = i, e.class.weight
		// One call of a session at an address says where it was used; its other names come after everything else.
		if where := e.whose() + "\x00" + e.From; e.class == &ofInstance {
			if first[where] {
				cost[i] = 0
			}
			first[where] = true
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cost[a]-cost[b], cmp.Compare(hashOf(list[a].UID), hashOf(list[b].UID)))
	})
	for _, i := range order {
		if size <= shelfRoom {
			return
		}
		size -= len(lines[i]) + 1
		lines[i] = nil
		s.dropped.add(list[i].UID)
		delete(s.entries, list[i].alike())
	}
}

// decodeShelf reads a document; t is for its use.
func decodeShelf(t *tree, body []byte) (*shelf, error) {
	if end, err := t.parse(body); err != nil || space(body, end) != len(body) || t.nodes[0].kind != object {
		return nil, &notJSON{end, "it is not JSON"}
	}
	if v := t.find(0, "v"); v < 0 || string(t.text(v)) != strconv.Itoa(version) {
		return nil, fmt.Errorf("its version is not %d", version)
	}
	s := newShelf()
	s.dropped = sightingsOf(fromBase64(t, t.find(0, "dropped")))
	calls := t.find(0, "calls")
	if calls < 0 {
		return nil, &notJSON{0, "it has no calls"}
	}
	for i := range t.children(calls) {
		e := &entry{}
		decodeCall(t, t.find(i, "call"), &e.CloudTrail)
		if class, ok := classOfCall(&e.CloudTrail); ok && e.UID != "" {
			e.class, e.seen = class, sightingsOf(fromBase64(t, t.find(i, "seen")))
			s.add(e)
		}
	}
	return s, nil
}

func fromBase64(t *tree, i int) []byte {
	if i < 0 {
		return nil
	}
	raw := bytes.TrimSpace(t.text(i))
	b := make([]byte, base64.StdEncoding.DecodedLen(len(raw)))
	n, err := base64.StdEncoding.Decode(b, raw)
	if err != nil {
		return nil
	}
	return b[:n]
}

// unmarshal reads a JSON value that encoding/json knows; what makes no sense leaves dst as it is.
func unmarshal(raw []byte, dst json.Unmarshaler) { _ = dst.UnmarshalJSON(raw) }
