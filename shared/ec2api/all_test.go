package ec2api

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// pages gives items in pages of size, and keeps the queries. It refuses what EC2 refuses.
func pages(items []string, size int, asked *[]Query) Fetch[string] {
	return func(_ context.Context, q Query) (Page[string], error) {
		*asked = append(*asked, q)
		if len(q.IDs) > 0 && q.MaxResults != 0 {
			return Page[string]{}, &Error{Call: "Describe", Code: CodeInvalidParameterConflict}
		}
		from := 0
		if q.NextToken != "" {
			if _, err := fmt.Sscanf(q.NextToken, "from %d", &from); err != nil {
				return Page[string]{}, err
			}
		}
		to := min(from+size, len(items))
		p := Page[string]{Items: items[from:to]}
		if to < len(items) {
			p.Next = fmt.Sprintf("from %d", to)
		}
		return p, nil
	}
}

func TestAllReadsEveryPage(t *testing.T) {
	for _, c := range []struct{ items, pages int }{{0, 1}, {1, 1}, {10, 1}, {11, 2}, {95, 10}} {
		var want []string
		for i := range c.items {
			want = append(want, fmt.Sprint("item ", i))
		}
		var asked []Query
		q := Query{Filters: map[string][]string{"vpc-id": {"vpc-1"}}}
		got, err := All(t.Context(), pages(want, 10, &asked), q)
		if err != nil || !reflect.DeepEqual(got, want) || len(asked) != c.pages {
			t.Errorf("%d items in %d calls, %v; want %d in %d", len(got), len(asked), err, c.items, c.pages)
		}
		for i, a := range asked {
			if a.MaxResults != PageItems || !reflect.DeepEqual(a.Filters, q.Filters) || (i == 0) != (a.NextToken == "") {
				t.Errorf("page %d was asked for with %+v", i, a)
			}
		}
	}
}

func TestAllSendsNoMaxResultsWithIDs(t *testing.T) {
	for _, c := range []struct{ q, want Query }{
		{Query{IDs: []string{"a"}}, Query{IDs: []string{"a"}}},
		{Query{IDs: []string{"a"}, MaxResults: 50}, Query{IDs: []string{"a"}}},
		{Query{MaxResults: 50}, Query{MaxResults: 50}},
	} {
		var asked []Query
		if _, err := All(t.Context(), pages([]string{"a"}, 1, &asked), c.q); err != nil || !reflect.DeepEqual(asked, []Query{c.want}) {
			t.Errorf("%+v was asked as %+v, %v", c.q, asked, err)
		}
	}
}

func TestAllGivesNoPart(t *testing.T) {
	broken := errors.New("broken")
	n := 0
	count := func(next func() string) Fetch[int] {
		n = 0
		return func(context.Context, Query) (Page[int], error) {
			n++
			if n == 2 && next == nil {
				return Page[int]{}, broken
			}
			if next == nil {
				return Page[int]{Items: []int{1}, Next: "x"}, nil
			}
			return Page[int]{Items: []int{1}, Next: next()}, nil
		}
	}
	for name, c := range map[string]struct {
		next  func() string
		calls int
		says  string
	}{
		"a page that fails":             {nil, 2, "broken"},
		"the same token again":          {func() string { return "same" }, 2, "read page 2: its token was given before"},
		"tokens in a ring":              {func() string { return fmt.Sprint(n % 3) }, 4, "given before"},
		"pages without an end":          {func() string { return fmt.Sprint(n) }, PageLimit, "more than 1000"},
		"the token that was begun with": {func() string { return "start" }, 1, "given before"},
	} {
		items, err := All(t.Context(), count(c.next), Query{NextToken: "start"})
		if items != nil || err == nil || !strings.Contains(err.Error(), c.says) || n != c.calls {
			t.Errorf("%s: %d items in %d calls, %v", name, len(items), n, err)
		}
	}
}

func TestByIDs(t *testing.T) {
	var ids []string
	for i := range 450 {
		ids = append(ids, fmt.Sprintf("i-%03d", 449-i))
	}
	ids = append(ids, "i-007", "i-007")
	var asked []Query
	found := func(_ context.Context, q Query) (Page[string], error) {
		asked = append(asked, q)
		of := q.Filters["instance-id"]
		if len(of) == 0 {
			of = q.IDs
		}
		return Page[string]{Items: slices.DeleteFunc(slices.Clone(of), func(id string) bool { return id == "i-100" })}, nil // it is gone
	}
	got, err := ByIDs(t.Context(), found, "instance-id", ids)
	if err != nil || len(got) != 449 || !slices.IsSorted(got) || slices.Contains(got, "i-100") || len(asked) != 3 {
		t.Errorf("%d found in %d calls, %v", len(got), len(asked), err)
	}
	for i, want := range []int{200, 200, 50} {
		if q := asked[i]; len(q.Filters) != 1 || len(q.Filters["instance-id"]) != want || q.IDs != nil || q.MaxResults != PageItems {
			t.Errorf("batch %d: %d ids, %d values, at most %d", i, len(q.IDs), len(q.Filters["instance-id"]), q.MaxResults)
		}
	}
	asked = nil
	got, err = ByIDs(t.Context(), found, "", ids)
	if err != nil || len(got) != 449 || len(asked) != 9 || len(asked[0].IDs) != BatchNames || asked[0].Filters != nil {
		t.Errorf("by names: %d found in %d calls, %v", len(got), len(asked), err)
	}
	asked = nil
	if got, err := ByIDs(t.Context(), found, "instance-id", nil); got != nil || err != nil || asked != nil {
		t.Errorf("no ids gave %v, %v in %d calls", got, err, len(asked))
	}
	for _, bad := range []string{"", "*", "i-?", `i-\`} {
		if _, err := ByIDs(t.Context(), found, "instance-id", []string{"i-1", bad}); err == nil || asked != nil {
			t.Errorf("%q was asked for: %v", bad, err)
		}
	}
	refuses := func(context.Context, Query) (Page[string], error) { return Page[string]{}, fails(CodeUnauthorized) }
	if got, err := ByIDs(t.Context(), refuses, "instance-id", ids); got != nil || !IsDenied(err) {
		t.Errorf("%d found, %v", len(got), err)
	}
}

func TestCounts(t *testing.T) {
	var c Counts
	c.Observe("DescribeVpcs", 2*time.Second, nil, 1)
	c.Observe("DescribeVpcs", time.Second, fails("Throttling"), 1)
	c.Observe("DescribeVpcs", time.Second, fails(CodeInternal), 2)
	c.Observe("CreateTags", 3*time.Second, nil, 3)
	want := map[string]Count{
		"DescribeVpcs": {Calls: 3, Repeats: 1, Throttled: 1, Failed: 1, Took: 4 * time.Second, Slowest: 2 * time.Second},
		"CreateTags":   {Calls: 1, Repeats: 1, Took: 3 * time.Second, Slowest: 3 * time.Second},
	}
	got := c.ByCall()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	got["DescribeVpcs"] = Count{}
	all := Count{Calls: 4, Repeats: 2, Throttled: 1, Failed: 1, Took: 7 * time.Second, Slowest: 3 * time.Second}
	if c.Total() != all {
		t.Errorf("in all %+v", c.Total())
	}
}

// TestErrors holds the classes of codes.
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		err                                   error
		throttle, transient, denied, notFound bool
	}{
		{nil, false, false, false, false},
		{errors.New("other"), false, false, false, false},
		{fails("RequestLimitExceeded"), true, true, false, false},
		{fails("Throttling"), true, true, false, false},
		{fails("ThrottlingException"), true, true, false, false},
		{fails("EC2ThrottledException"), true, true, false, false},
		{fails("InternalError"), false, true, false, false},
		{fails("Unavailable"), false, true, false, false},
		{fails(CodeNoAnswer), false, true, false, false},
		{fails(CodeNotAsked), false, false, false, false},
		{&Error{Code: "MalformedAnswer", Status: 502}, false, true, false, false},
		{fmt.Errorf("apply: %w", fails("UnauthorizedOperation")), false, false, true, false},
		{fails("AccessDeniedException"), false, false, true, false},
		{fails(CodeInstanceNotFound), false, false, false, true},
	} {
		if IsThrottle(c.err) != c.throttle || IsTransient(c.err) != c.transient || IsDenied(c.err) != c.denied || IsNotFound(c.err) != c.notFound {
			t.Errorf("%v: throttle %v, transient %v, denied %v, not found %v", c.err, IsThrottle(c.err), IsTransient(c.err), IsDenied(c.err), IsNotFound(c.err))
		}
	}
	if err := error(&Error{Call: "X", Code: CodeNoAnswer, Cause: context.Canceled}); !errors.Is(err, context.Canceled) {
		t.Error("the cause of an error is lost")
	}
}
