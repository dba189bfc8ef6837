package store

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// Limits of what is told of coverage.
const (
	MaxShares        = 200 // VPCs, accounts, or values of tags that are told apart
	MaxCoverageTags  = 10  // keys of tags whose values are
	MaxShareKey      = 400 // bytes of a share's key: AWS allows 128 of a tag's key and 256 of its value
	CoverageTrendFor = 400 * 24 * time.Hour
)

// CoverageShare is how much is watched of the interfaces of one VPC or account, or with one value of a tag.
type CoverageShare struct {
	Key        string                       `json:"key"` // the VPC, the account, or "<tag>=<value>"; empty: of all, or of those without
	Account    string                       `json:"account,omitempty"`
	Interfaces int                          `json:"interfaces"`
	Wanted     int                          `json:"wanted"` // not excluded, stopped, or of a kind that AWS never mirrors
	Mirrored   int                          `json:"mirrored"`
	Percent    float64                      `json:"percent"` // mirrored of wanted; 100 where nothing is wanted
	States     map[events.CoverageState]int `json:"states"`
}

// CoverageRest counts what is not told apart.
type CoverageRest struct {
	Shares     int `json:"shares"`
	Interfaces int `json:"interfaces"` // in them; with several tags one interface counts once for each
}

// CoverageRests is the rest of each kind of share.
type CoverageRests struct {
	VPCs     CoverageRest `json:"vpcs"`
	Accounts CoverageRest `json:"accounts"`
	Tags     CoverageRest `json:"tags"`
}

// CoverageTrend is how much was watched at a moment. One an hour is kept, as a document of KindCoverageTrend.
type CoverageTrend struct {
	At       time.Time       `json:"at"`
	Total    CoverageShare   `json:"total"`
	VPCs     []CoverageShare `json:"vpcs"` // the largest MaxShares, worst first; so are the others
	Accounts []CoverageShare `json:"accounts"`
	Tags     []CoverageShare `json:"tags"`
	Rest     CoverageRests   `json:"rest"`
}

// ShareCoverage counts interfaces by VPC, account, and the values of some tags. Keys of tags mean the same in any case of letters; what
// lacks a tag that others have is counted under "<tag>=". The result always fits into a document.
func ShareCoverage(list []events.Coverage, at time.Time, tagKeys []string) CoverageTrend {
	n := NewCoverageCount(tagKeys)
	n.Add(list...)
	return n.Trend(at)
}

// CoverageCount is ShareCoverage for whoever reads interfaces a page at a time. One goroutine may use it.
type CoverageCount struct {
	keys           []string
	used           map[string]bool // keys of tags that some interface has
	total          CoverageShare
	vpcs, accounts shares
	tags           map[string]shares // by key of the tag
}

// NewCoverageCount begins to count. Of the keys of tags at most MaxCoverageTags are looked at.
func NewCoverageCount(tagKeys []string) *CoverageCount {
	n := &CoverageCount{
		keys: slices.Clone(tagKeys[:min(len(tagKeys), MaxCoverageTags)]), used: map[string]bool{}, total: emptyShare("", ""),
		vpcs: shares{}, accounts: shares{}, tags: map[string]shares{},
	}
	for _, k := range n.keys {
		n.tags[k] = shares{}
	}
	return n
}

// Add counts some more.
func (n *CoverageCount) Add(list ...events.Coverage) {
	for i := range list {
		c := &list[i]
		n.total.add(c.State)
		n.vpcs.of(c.VPC, c.Account).add(c.State)
		n.accounts.of(c.Account, "").add(c.State)
		for _, key := range n.keys {
			value, has := tagOf(c.Tags, key)
			n.used[key] = n.used[key] || has
			n.tags[key].of(key+"="+value, "").add(c.State)
		}
	}
}

// tagOf finds a tag whatever the case of its key; where several differ in that alone, the one that is written so, else the first.
func tagOf(tags map[string]string, key string) (value string, has bool) {
	if v, exact := tags[key]; exact {
		return v, true
	}
	first := ""
	for k, v := range tags {
		if strings.EqualFold(k, key) && (!has || k < first) {
			value, first, has = v, k, true
		}
	}
	return value, has
}

// Trend gives what was counted so far. Where names are so long that the largest MaxShares would not fit into a document, fewer are told.
func (n *CoverageCount) Trend(at time.Time) CoverageTrend {
	for most := MaxShares; ; most = most * 3 / 4 {
		t := n.trend(at, most)
		if b, err := json.Marshal(t); most == 0 || err == nil && len(b) <= MaxBody {
			return t
		}
	}
}

func (n *CoverageCount) trend(at time.Time, most int) CoverageTrend {
	t := CoverageTrend{At: at.Round(0).UTC(), Total: n.total.ready()}
	tags := shares{}
	for _, key := range n.keys {
		if n.used[key] {
			maps.Copy(tags, n.tags[key])
		}
	}
	t.VPCs, t.Rest.VPCs = n.vpcs.largest(most)
	t.Accounts, t.Rest.Accounts = n.accounts.largest(most)
	t.Tags, t.Rest.Tags = tags.largest(most)
	return t
}

// shares are counts by key.
type shares map[string]*CoverageShare

func emptyShare(key, account string) CoverageShare {
	return CoverageShare{Key: key, Account: account, States: map[events.CoverageState]int{}}
}

// of gives the share of a key. Those without a VPC may be of several accounts, and then name none.
func (s shares) of(key, account string) *CoverageShare {
	if len(key) > MaxShareKey {
		key = strings.ToValidUTF8(key[:MaxShareKey], "")
	}
	one := s[key]
	if one == nil {
		empty := emptyShare(key, account)
		one = &empty
		s[key] = one
	}
	if one.Account != account {
		one.Account = ""
	}
	return one
}

func (s *CoverageShare) add(state events.CoverageState) {
	s.Interfaces++
	s.States[state]++
	switch state {
	case events.CoverageExcluded, events.CoverageStopped, events.CoverageUnsupportedENI: // nobody could watch a NAT gateway's
	default:
		s.Wanted++
	}
	if state == events.CoverageMirrored {
		s.Mirrored++
	}
}

// ready gives a copy with its percentage. It says 100 only where nothing is missing, however many there are.
func (s *CoverageShare) ready() CoverageShare {
	one := *s
	one.States, one.Percent = maps.Clone(s.States), 100
	if one.Mirrored < one.Wanted {
		one.Percent = min(99.9, math.Round(1000*float64(one.Mirrored)/float64(one.Wanted))/10)
	}
	return one
}

// largest gives those with the most interfaces, worst first, and counts the others.
func (s shares) largest(most int) (told []CoverageShare, rest CoverageRest) {
	all := slices.SortedFunc(maps.Values(s), func(a, b *CoverageShare) int {
		return cmp.Or(cmp.Compare(b.Interfaces, a.Interfaces), cmp.Compare(a.Key, b.Key))
	})
	told = []CoverageShare{}
	for i, one := range all {
		if i < most {
			told = append(told, one.ready())
			continue
		}
		rest.Shares++
		rest.Interfaces += one.Interfaces
	}
	slices.SortStableFunc(told, func(a, b CoverageShare) int { return cmp.Compare(a.Percent, b.Percent) })
	return told, rest
}

// CoverageTrendID names the document of the hour that a moment is in.
func CoverageTrendID(at time.Time) string { return at.UTC().Truncate(time.Hour).Format(time.RFC3339) }

// CoverageTrends is what is kept of coverage in time. Ids are those of CoverageTrendID, so that lists are in the order of time.
func CoverageTrends(docs Documents) Collection[CoverageTrend] {
	return Collection[CoverageTrend]{Kind: KindCoverageTrend, Documents: docs}
}

// PutCoverageTrend stores how much is watched, in place of what was stored for the same hour. It goes after CoverageTrendFor.
func PutCoverageTrend(ctx context.Context, docs Documents, t CoverageTrend) error {
	i := Item[CoverageTrend]{ID: CoverageTrendID(t.At), Expires: t.At.Add(CoverageTrendFor), Value: t}
	w, err := CoverageTrends(docs).Change(i, Always)
	if err == nil {
		_, err = docs.Write(ctx, []Write{w}, nil) // not Put, which would read what was written
	}
	return err
}
