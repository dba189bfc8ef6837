package incident

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
)

// card is a party's document.
type card struct {
	Briefs []brief  `json:"briefs"`          // the newest, in the order of byStart
	Links  []link   `json:"links,omitempty"` // those among them that incidents know of, sorted
	Wants  []string `json:"wants,omitempty"` // incidents that the next pass must read
}

// sheet is an incident's document.
type sheet struct {
	Summary    events.IncidentSummary `json:"summary"`
	Shown      bool                   `json:"shown,omitempty"` // it is an incident; else only something that may become one, or was one
	Torn       bool                   `json:"torn,omitempty"`  // it falls into pieces that are not written yet
	MergedInto string                 `json:"merged_into,omitempty"`
	Aliases    []string               `json:"aliases,omitempty"`
	Forward    map[string][]string    `json:"forward,omitempty"` // where detections went that it had, by incident, sorted
	Woven      []byte                 `json:"woven,omitempty"`   // JSON of weave, compressed
}

// weave is what hangs together.
type weave struct {
	Members []member   // in the order of byStart
	Links   []madeLink // sorted
}

// madeLink is a link, and the party that makes it.
type madeLink struct {
	link
	Key string
}

// woven is a weave as it is written: links by the places of their ends, kinds and keys in the lists.
type woven struct {
	Members []member `json:"members"`
	Kinds   []string `json:"kinds,omitempty"`
	Keys    []string `json:"keys,omitempty"`
	Links   [][4]int `json:"links,omitempty"` // from, to, kind, key
}

func (w *weave) marshal() ([]byte, error) {
	out := woven{Members: w.Members}
	index := map[string]int{}
	for i := range w.Members {
		index[w.Members[i].ID] = i
	}
	place := func(list *[]string, s string) int {
		at := slices.Index(*list, s)
		if at < 0 {
			at, *list = len(*list), append(*list, s)
		}
		return at
	}
	for _, l := range w.Links {
		out.Links = append(out.Links, [4]int{index[l.From], index[l.To], place(&out.Kinds, l.Kind), place(&out.Keys, l.Key)})
	}
	raw, err := json.Marshal(&out)
	if err != nil {
		return nil, fmt.Errorf("encode incident: %w", err)
	}
	return raw, nil
}

func (w *weave) unmarshal(raw []byte) error {
	var in woven
	if err := json.Unmarshal(raw, &in); err != nil {
		return err
	}
	w.Members, w.Links = in.Members, nil
	for _, l := range in.Links {
		if !within(l[0], len(in.Members)) || !within(l[1], len(in.Members)) || !within(l[2], len(in.Kinds)) || !within(l[3], len(in.Keys)) {
			return fmt.Errorf("link %v points at nothing", l)
		}
		w.Links = append(w.Links, madeLink{link{in.Members[l[0]].ID, in.Members[l[1]].ID, in.Kinds[l[2]]}, in.Keys[l[3]]})
	}
	return nil
}

func within(i, n int) bool { return i >= 0 && i < n }

// maxUnpacked bounds what a document may unfold to: no more than five hundred members come to. MaxPacked is what it may take in the store,
// where a document has 256 KiB and base64 a third more.
const (
	maxUnpacked = 16 << 20
	maxPacked   = 140 << 10
)

func pack(raw []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.DefaultCompression)
	if err != nil {
		return nil, fmt.Errorf("compress incident: %w", err)
	}
	if _, err := w.Write(raw); err != nil {
		return nil, fmt.Errorf("compress incident: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress incident: %w", err)
	}
	return b.Bytes(), nil
}

func unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 {
		return nil, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("expand incident: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	if err != nil {
		return nil, fmt.Errorf("expand incident: %w", err)
	}
	if len(raw) > maxUnpacked {
		return nil, fmt.Errorf("expand incident: more than %d bytes", maxUnpacked)
	}
	return raw, nil
}

// readCard reads a party's document.
func readCard(d store.Document) (card, error) {
	var c card
	if err := json.Unmarshal(d.Body, &c); err != nil {
		return c, fmt.Errorf("decode %s %s: %w", d.Kind, d.ID, err)
	}
	return c, nil
}

// readSummary reads an incident's document without unfolding it.
func readSummary(d store.Document) (s sheet, err error) {
	if err := json.Unmarshal(d.Body, &s); err != nil {
		return s, fmt.Errorf("decode %s %s: %w", d.Kind, d.ID, err)
	}
	return s, nil
}

// readSheet reads an incident's document whole.
func readSheet(d store.Document) (s sheet, w weave, raw []byte, err error) {
	if err = json.Unmarshal(d.Body, &s); err == nil {
		if raw, err = unpack(s.Woven); err == nil && raw != nil {
			err = w.unmarshal(raw)
		}
	}
	if err != nil {
		err = fmt.Errorf("decode %s %s: %w", d.Kind, d.ID, err)
	}
	return s, w, raw, err
}

// write makes the change of a document that was read with a revision; 0 is one that is not there yet.
func write(key store.DocumentKey, body []byte, revision int64, expires time.Time) store.Write {
	w := store.Write{Kind: key.Kind, ID: key.ID, Body: body, Expires: expires, If: store.Condition(revision)}
	if revision == 0 {
		w.If = store.New
	}
	return w
}
