package inventory

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// renew is how long before it goes a document is written again although it says the same.
const renew = Remember / 2

// desk is the documents that are being changed together.
type desk struct {
	k     *keeper
	pages map[store.DocumentKey]*sheet
}

// sheet is a document on the desk.
type sheet struct {
	page
	was      store.Document // Revision 0: there is none yet
	touched  bool           // somebody holds it still
	imported bool           // from a file, which may be old: it is remembered from now on
	news     bool
}

// read reads the body of a document.
func read(d store.Document) (page, error) {
	var p page
	if err := json.Unmarshal(d.Body, &p); err != nil {
		return page{}, fmt.Errorf("read inventory document %s: %w", d.ID, err)
	}
	return p, nil
}

// fetch puts documents on the desk that are not there yet. One that cannot be read is written anew.
func (d *desk) fetch(ctx context.Context, keys []store.DocumentKey) error {
	var missing []store.DocumentKey
	for _, k := range keys {
		if d.pages[k] == nil {
			d.pages[k] = &sheet{}
			missing = append(missing, k)
		}
	}
	found, err := getAll(ctx, d.k.docs, missing)
	if err != nil {
		return err
	}
	for k, doc := range found {
		p, _ := read(doc)
		d.pages[k] = &sheet{page: p, was: doc}
	}
	return nil
}

// main is the document of a holder itself.
func (d *desk) main(holder string) *sheet { return d.pages[key(ofInterface, holder)] }

// before gives what is written of a holder, or nil where it holds nothing now.
func (d *desk) before(holder string) *events.Holding {
	return d.main(holder).lasting(mannerOf(ofInterface+"-"), holder)
}

// now gives what is to be written of a holder. Who shares a subnet sees less of others' interfaces than they do: what they say stays.
func (d *desk) now(holder string) (events.Holding, bool) {
	h, seen := d.k.seen[holder]
	if old := d.before(holder); seen && old != nil && h.Account != d.k.Account && old.Interface == h.Interface {
		h = bounded(filled(h, *old))
	}
	return h, seen
}

// touched are the documents that a change of a holder may be about, beside its own.
func (d *desk) touched(holder string) []store.DocumentKey {
	var keys []store.DocumentKey
	instance := func(id string) {
		if k := key(ofInstance, id); id != "" && storable(k) {
			keys = append(keys, k)
		}
	}
	if old := d.before(holder); old != nil {
		keys = append(keys, keysOf(old)...)
		instance(old.Instance)
		if d.foreign(old) {
			keys = append(keys, indexKey(old.Account, old.Region, shardOf(holder)))
		}
	}
	if h, seen := d.now(holder); seen {
		keys = append(keys, keysOf(&h)...)
		instance(h.Instance)
	}
	return keys
}

// foreign says whether a holding is another account's, which shares a subnet of this one.
func (d *desk) foreign(h *events.Holding) bool {
	return h.Account != "" && h.Account != d.k.Account
}

// keptElsewhere says whether the account that a holding is of is looked at itself, and has it.
func (d *desk) keptElsewhere(h *events.Holding, holder string) bool {
	if !d.foreign(h) {
		return false
	}
	s := d.pages[indexKey(h.Account, h.Region, shardOf(holder))]
	if s == nil || s.was.Revision == 0 {
		return false
	}
	x, err := readIndex(s.was)
	return err == nil && x.Holders[holder] != ""
}

// move writes what a holder has now in place of what it had.
func (d *desk) move(holder string, instances map[string]bool) {
	k, main, old := d.k, d.main(holder), d.before(holder)
	h, seen := d.now(holder)
	if !seen && (old == nil || d.keptElsewhere(old, holder)) {
		return
	}
	if old != nil {
		o := *old
		old = &o // the page it stands in is about to change
		instances[old.Instance] = true
	}
	if !seen {
		for _, at := range keysOf(old) {
			d.end(at, holder)
		}
		main.news = main.end(k.manner(key(ofInterface, holder)), holder, k.At) || main.news
		return
	}
	instances[h.Instance] = true
	known := old != nil && old.Instance == h.Instance
	for _, at := range keysOf(&h) {
		from := k.since(&h)
		if known && !slices.Contains(keysOf(old), at) {
			from = k.At // it had not that address when it was seen before
		}
		d.put(at, h, from)
	}
	if old != nil {
		for _, at := range keysOf(old) {
			if !slices.Contains(keysOf(&h), at) {
				d.end(at, holder)
			}
		}
	}
	d.put(key(ofInterface, holder), h, k.since(&h))
}

// manner is how a document is kept.
func (k *keeper) manner(at store.DocumentKey) manner {
	m := mannerOf(at.ID)
	m.forever = k.always
	return m
}

// since is when a holder began, as far as AWS says; zero: it always was so.
func (k *keeper) since(h *events.Holding) time.Time {
	switch {
	case h.From != nil:
		return *h.From
	case k.always:
		return time.Time{}
	}
	return k.At
}

func (d *desk) put(at store.DocumentKey, h events.Holding, from time.Time) {
	s := d.pages[at]
	s.touched = true
	s.news = s.put(d.k.manner(at), h, from, d.k.At) || s.news
}

func (d *desk) end(at store.DocumentKey, holder string) {
	s := d.pages[at]
	s.news = s.end(d.k.manner(at), holder, d.k.At) || s.news
}

// instance writes an instance as all of its interfaces show it. Where not all of them were seen, what is written stays.
func (d *desk) instance(id string) {
	at := key(ofInstance, id)
	s := d.pages[at]
	if id == "" || s == nil {
		return
	}
	holders := d.k.byInstance[id]
	all := d.k.Complete || d.k.whole[id] || !slices.ContainsFunc(s.Interfaces, func(i string) bool { return !slices.Contains(holders, i) })
	if !all {
		return
	}
	if len(holders) == 0 {
		s.Interfaces = nil
		d.end(at, id)
		return
	}
	list := make([]events.Holding, 0, len(holders))
	for _, holder := range holders {
		list = append(list, d.k.seen[holder])
	}
	h := together(list)
	if last := s.lasting(mannerOf(at.ID), id); last != nil && d.foreign(&h) {
		h = bounded(filled(h, *last))
	}
	d.put(at, h, d.k.since(&h))
	if names := slices.Sorted(slices.Values(holders)); !slices.Equal(names, s.Interfaces) {
		s.Interfaces, s.news = names, true
	}
}

// write stores what is news: addresses and instances first, and then the holders' own documents, from which the next look tells what
// there was.
func (d *desk) write(ctx context.Context) error {
	var addresses, mains []store.Write
	for _, at := range slices.SortedFunc(maps.Keys(d.pages), func(a, b store.DocumentKey) int { return strings.Compare(a.ID, b.ID) }) {
		w, is, err := d.pages[at].write(at, d.k.At)
		if err != nil {
			return err
		}
		switch {
		case !is:
		case hasPrefix(at.ID, ofInterface):
			mains = append(mains, w)
		default:
			addresses = append(addresses, w)
		}
	}
	for _, list := range [][]store.Write{addresses, mains} {
		for some := range slices.Chunk(list, store.MaxWrites) {
			if _, err := d.k.docs.Write(ctx, some, nil); err != nil {
				return err
			}
			d.k.changed += len(some)
		}
	}
	return nil
}

// write gives the change of a document, if there is one.
func (s *sheet) write(at store.DocumentKey, now time.Time) (w store.Write, is bool, err error) {
	stale := s.touched && s.was.Revision > 0 && s.was.Expires.Sub(now) < renew
	if !s.news && !stale {
		return w, false, nil
	}
	w = store.Write{Kind: at.Kind, ID: at.ID, If: store.New, Expires: s.expires(now)}
	if s.imported && w.Expires.Before(now.Add(Remember)) {
		w.Expires = now.Add(Remember)
	}
	if s.was.Revision > 0 {
		w.If = store.Condition(s.was.Revision)
	}
	if len(s.Versions) == 0 && !s.Crowded {
		return w, s.was.Revision > 0, nil // nil deletes
	}
	if w.Body, err = json.Marshal(&s.page); err != nil {
		return w, false, fmt.Errorf("encode inventory document %s: %w", at.ID, err)
	}
	for len(w.Body) > store.MaxBody && len(s.Versions) > 1 { // bounds of texts make it smaller than that, escapes may not
		s.Versions = s.Versions[1:]
		if w.Body, err = json.Marshal(&s.page); err != nil {
			return w, false, fmt.Errorf("encode inventory document %s: %w", at.ID, err)
		}
	}
	return w, true, nil
}
