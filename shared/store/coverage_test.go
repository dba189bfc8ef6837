package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
)

var nine = time.Date(2026, 11, 25, 21, 34, 5, 6, time.UTC)

func covered(state events.CoverageState, vpc, account string, tags ...string) events.Coverage {
	c := events.Coverage{State: state, VPC: vpc, Account: account, Tags: map[string]string{}}
	for i := 0; i+1 < len(tags); i += 2 {
		c.Tags[tags[i]] = tags[i+1]
	}
	return c
}

// line is a share as tests write it.
func line(s store.CoverageShare) string {
	return fmt.Sprintf("%s (%s) %d/%d/%d %v%%", s.Key, s.Account, s.Mirrored, s.Wanted, s.Interfaces, s.Percent)
}

func lines(list []store.CoverageShare) string {
	var out []string
	for _, s := range list {
		out = append(out, line(s))
	}
	return strings.Join(out, "; ")
}

func TestShareCoverage(t *testing.T) {
	got := store.ShareCoverage([]events.Coverage{
		covered("mirrored", "vpc-a", "1", "env", "prod"), covered("mirrored", "vpc-a", "1", "ENV", "prod"),
		covered("silent", "vpc-a", "1", "env", "test", "Env", "prod"), covered("excluded", "vpc-a", "1"),
		covered("mirrored", "vpc-b", "2", "team", "net"), covered("stopped", "", "2"), covered("budget", "", "3", "env", ""),
	}, nine, []string{"env", "team", "owner"})
	for _, c := range []struct{ what, got, want string }{
		{"total", line(got.Total), " () 3/5/7 60%"},
		{"VPCs, worst first", lines(got.VPCs), " () 0/1/2 0%; vpc-a (1) 2/3/4 66.7%; vpc-b (2) 1/1/1 100%"},
		{"accounts", lines(got.Accounts), "3 () 0/1/1 0%; 1 () 2/3/4 66.7%; 2 () 1/1/2 100%"},
		{"tags", lines(got.Tags), "env=test () 0/1/1 0%; team= () 2/4/6 50%; env= () 1/2/4 50%; env=prod () 2/2/2 100%; team=net () 1/1/1 100%"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s\nnot %s", c.what, c.got, c.want)
		}
	}
	if s := got.Total.States; len(s) != 5 || s["mirrored"] != 3 || s["silent"] != 1 || s["budget"] != 1 || got.Rest != (store.CoverageRests{}) || !got.At.Equal(nine) {
		t.Errorf("states %v, rest %+v, at %v", s, got.Rest, got.At)
	}
	none := store.ShareCoverage(nil, nine, nil)
	if b, _ := json.Marshal(none); none.Total.Percent != 100 || strings.Contains(string(b), "null") {
		t.Errorf("of nothing: %s", b)
	}
}

// TestCoverageIsCountedInAnyOrder: neither the order of interfaces nor the pages they come in make a difference.
func TestCoverageIsCountedInAnyOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var list []events.Coverage
	for range 2000 {
		list = append(list, covered(events.CoverageStates()[random.IntN(12)], fmt.Sprint("vpc-", random.IntN(300)), fmt.Sprint(random.IntN(250)),
			"env", fmt.Sprint(random.IntN(400)), "Env", "x", "ENV", "y"))
	}
	want, _ := json.Marshal(store.ShareCoverage(list, nine, []string{"eNv"}))
	random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	n := store.NewCoverageCount([]string{"eNv"})
	for page := range slices.Chunk(list, 70) {
		n.Add(page...)
		n.Trend(nine) // looking changes nothing
	}
	// A VPC here is in several accounts, which no real one is: it names none of them, whatever came first.
	if got, _ := json.Marshal(n.Trend(nine)); string(got) != string(want) {
		t.Errorf("%.600s\nnot\n%.600s", got, want)
	}
}

func TestCoverageSharesAreBounded(t *testing.T) {
	var list []events.Coverage
	for i := range 300 {
		for range 1 + i%3 {
			list = append(list, covered("mirrored", fmt.Sprint("vpc-", i), "1", "env", fmt.Sprint(i)))
		}
	}
	got := store.ShareCoverage(list, nine, []string{"env"})
	if len(got.VPCs) != store.MaxShares || got.Rest.VPCs != (store.CoverageRest{Shares: 100, Interfaces: 100}) || len(got.Accounts) != 1 || got.Rest.Accounts.Shares != 0 {
		t.Errorf("%d VPCs, rest %+v", len(got.VPCs), got.Rest)
	}
	for _, s := range got.VPCs {
		if s.Interfaces < 2 {
			t.Errorf("%s with %d is told apart, and a larger one is not", s.Key, s.Interfaces)
		}
	}
	var keys []string
	for i := range 20 {
		keys = append(keys, fmt.Sprint("k", i))
		list[0].Tags[keys[i]] = "v"
	}
	for _, s := range store.ShareCoverage(list[:1], nine, keys).Tags {
		if !slices.Contains(keys[:store.MaxCoverageTags], strings.TrimSuffix(s.Key, "=v")) {
			t.Errorf("tag %s is looked at", s.Key)
		}
	}
}

// TestCoverageTrendFitsIntoADocument is the worst that inventories can hold: long names that JSON makes longer, and every state.
func TestCoverageTrendFitsIntoADocument(t *testing.T) {
	var list []events.Coverage
	for i := range 250 {
		name := strings.Repeat("\x01é<", 200) + fmt.Sprint(i)
		for _, state := range events.CoverageStates() {
			list = append(list, covered(state, fmt.Sprint(i)+name, fmt.Sprint(i), "env", fmt.Sprint(i)+name))
		}
	}
	got := store.ShareCoverage(list, nine, []string{"env"})
	if b, err := json.Marshal(got); err != nil || len(b) > store.MaxBody || len(b) < store.MaxBody/2 {
		t.Errorf("%d bytes, %v: neither full nor more than %d", len(b), err, store.MaxBody)
	}
	if n := len(got.VPCs); n == 0 || n+got.Rest.VPCs.Shares != 250 || got.Rest.VPCs.Interfaces != 12*got.Rest.VPCs.Shares {
		t.Errorf("%d VPCs, rest %+v", n, got.Rest)
	}
	for _, s := range got.VPCs {
		if len(s.Key) > store.MaxShareKey {
			t.Errorf("a key of %d bytes", len(s.Key))
		}
	}
}

func TestAHundredPercentIsAll(t *testing.T) {
	list := make([]events.Coverage, 10_000)
	for i := range list {
		list[i] = covered("mirrored", "", "")
	}
	if p := store.ShareCoverage(list, nine, nil).Total.Percent; p != 100 {
		t.Errorf("all: %v", p)
	}
	list[7].State = events.CoverageSilent
	if p := store.ShareCoverage(list, nine, nil).Total.Percent; p != 99.9 {
		t.Errorf("all but one: %v", p)
	}
}

func TestPutCoverageTrend(t *testing.T) {
	now, ctx := nine, context.Background()
	docs := memory.New(memory.Options{Now: func() time.Time { return now }}).Documents
	for _, state := range []events.CoverageState{"silent", "mirrored"} { // the second is of the same hour
		if err := store.PutCoverageTrend(ctx, docs, store.ShareCoverage([]events.Coverage{covered(state, "vpc-a", "1")}, now, nil)); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
	}
	list, err := store.CoverageTrends(docs).All(ctx)
	if err != nil || len(list) != 1 || list[0].ID != "2026-11-25T21:00:00Z" || list[0].Value.Total.Mirrored != 1 || list[0].Value.At != nine.Add(time.Minute) {
		t.Fatalf("%+v, %v", list, err)
	}
	now = nine.Add(time.Minute + store.CoverageTrendFor)
	if _, err := store.CoverageTrends(docs).Get(ctx, list[0].ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after %v: %v", store.CoverageTrendFor, err)
	}
}
