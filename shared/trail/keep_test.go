package trail

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
	"github.com/mirrorwatch/mirrorwatch/shared/store"
	"github.com/mirrorwatch/mirrorwatch/shared/store/memory"
)

// noon is when everything in these tests happens.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func emptyStore() *store.Store {
	return memory.New(memory.Options{Now: func() time.Time { return noon.Add(2 * time.Hour) }})
}

// called makes a call of a user that changes something.
func called(id, name string, at time.Duration) events.CloudTrail {
	return events.CloudTrail{
		Head: events.Head{TS: events.TimeOf(noon.Add(at)), UID: id, OrigH: netip.MustParseAddr("192.0.2.10")}, Name: name, Service: "ec2.amazonaws.com", Region: "eu-central-1",
		Account: "111122223333", From: "192.0.2.10", PrincipalType: "IAMUser", Principal: "arn:aws:iam::111122223333:user/alice", PrincipalID: "AIDAALICE", User: "alice", KeyHash: "00000000000000aa",
	}
}

// ofSession makes a call of the session of an instance's role.
func ofSession(id, name, instance, from string, at time.Duration) events.CloudTrail {
	c := called(id, name, at)
	c.Service, c.From, c.OrigH, c.ReadOnly = "s3.amazonaws.com", from, netip.MustParseAddr(from), true
	c.PrincipalType, c.Principal, c.PrincipalID, c.User = "AssumedRole", "arn:aws:sts::111122223333:assumed-role/web/"+instance, "AROAWEB:"+instance, "web"
	c.Role, c.Session, c.Instance, c.KeyHash = "arn:aws:iam::111122223333:role/web", instance, instance, "00000000000000bb"
	return c
}

// detection is something that began at noon.
func detection(participants ...events.Participant) *events.Detection {
	return &events.Detection{ID: "d", Type: "access.ssh_brute_force", Start: noon, Participants: participants}
}

func indexOf(t testing.TB, docs store.Documents) *Index {
	t.Helper()
	have, err := docs.GetMany(t.Context(), Keys(detection())...)
	if err != nil {
		t.Fatal(err)
	}
	x, err := Read(have)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestKeysAreTwoHours(t *testing.T) {
	for _, past := range []time.Duration{0, time.Nanosecond, 7 * time.Minute, 15*time.Minute - 1} {
		keys := Keys(&events.Detection{Start: noon.Add(past)})
		if len(keys) != MaxKeys || keys[0].ID != "202603021100/0" || keys[len(keys)-1].ID != "202603021300/3" || keys[0].Kind != store.KindTrail {
			t.Errorf("%v past noon: %d keys, %v to %v", past, len(keys), keys[0], keys[len(keys)-1])
		}
	}
}

func TestKeepAndRead(t *testing.T) {
	s := emptyStore()
	calls := []events.CloudTrail{
		called("a", "RunInstances", 0), called("b", "AuthorizeSecurityGroupIngress", -50*time.Minute), called("c", "DeleteFlowLogs", 59*time.Minute),
		called("d", "DescribeInstances", 0), // reads only
	}
	calls[3].ReadOnly = true
	for range 2 {
		kept, err := Keep(t.Context(), s.Documents, calls)
		if err != nil {
			t.Fatal(err)
		}
		if x := indexOf(t, s.Documents); x.Len() != 3 || !x.Through().Equal(noon.Add(59*time.Minute)) || x.Partial() != 0 {
			t.Errorf("%d calls through %v, %d missing", x.Len(), x.Through(), x.Partial())
		}
		if kept != 3 && kept != 0 {
			t.Errorf("%d kept", kept)
		}
		calls = append(calls, calls...)
	}
	x := indexOf(t, s.Documents)
	if got, want := x.entries[0].CloudTrail, calls[1]; !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v\nkept %+v", got, want)
	}
	if kept, err := Keep(t.Context(), s.Documents, calls); kept != 0 || err != nil {
		t.Errorf("the same calls again: %d kept, %v", kept, err)
	}
	page, err := s.Documents.List(t.Context(), store.KindTrail, store.ListQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range page.Items {
		if d.Revision != 1 {
			t.Errorf("%s was written %d times", d.ID, d.Revision)
		}
		if at, _ := time.Parse(idForm, d.ID[:12]); !d.Expires.Equal(at.Add(keptFor)) {
			t.Errorf("%s goes %v", d.ID, d.Expires)
		}
	}
}

// TestEveryMemberIsKept fills every member there is, so that one which is added is not forgotten.
func TestEveryMemberIsKept(t *testing.T) {
	c := called("a", "RunInstances", 0)
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			if f.String() == "" {
				f.SetString(fmt.Sprintf("text %d \"é\\", i))
			}
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Slice:
			f.Set(reflect.ValueOf([]string{"one", fmt.Sprint(i)}))
		case reflect.Struct: // the head is filled
		default:
			t.Fatalf("%s is of a kind that decodeCall does not know", v.Type().Field(i).Name)
		}
	}
	c.ReadOnly = false // it would not be kept otherwise
	s := emptyStore()
	if _, err := Keep(t.Context(), s.Documents, []events.CloudTrail{c}); err != nil {
		t.Fatal(err)
	}
	if got := indexOf(t, s.Documents).entries[0].CloudTrail; !reflect.DeepEqual(got, c) {
		t.Errorf("kept %+v\n read %+v", c, got)
	}
}

// TestFewOfASession keeps of one session, address and name one call a quarter of an hour, and counts the others, however often and in
// whatever order they are told.
func TestFewOfASession(t *testing.T) {
	var calls []events.CloudTrail
	for i := range 20 {
		calls = append(calls, ofSession(fmt.Sprint("g", i), "GetObject", "i-0aaaaaaaaaaaaaaaa", "192.0.2.1", time.Duration(i)*time.Second))
	}
	for i := range 500 {
		calls = append(calls, ofSession(fmt.Sprint("l", i), "ListBuckets", "i-0aaaaaaaaaaaaaaaa", "198.51.100.7", time.Duration(i)*time.Second))
	}
	refused := ofSession("x", "ListBuckets", "i-0aaaaaaaaaaaaaaaa", "198.51.100.7", 0)
	refused.ErrorCode = "AccessDenied"
	calls = append(calls, refused, ofSession("y", "ListBuckets", "i-0aaaaaaaaaaaaaaaa", "198.51.100.7", 20*time.Minute))
	s := emptyStore()
	random := rand.New(rand.NewPCG(1, 1))
	for range 3 {
		random.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		for part := range slices.Chunk(calls, 50) {
			if _, err := Keep(t.Context(), s.Documents, part); err != nil {
				t.Fatal(err)
			}
		}
	}
	x := indexOf(t, s.Documents)
	got := map[string]int{}
	for _, e := range x.entries {
		got[e.UID] = e.times()
	}
	if len(got) != 4 || got["g0"] != 20 || got["x"] != 1 || got["y"] != 1 || got["l0"] < 400 || got["l0"] > 620 {
		t.Errorf("kept %v", got)
	}
}

// TestOrderDoesNotMatter keeps the same calls in many orders and portions: the documents are the same, byte for byte.
func TestOrderDoesNotMatter(t *testing.T) {
	calls := crowd(400)
	var want string
	random := rand.New(rand.NewPCG(2, 2))
	for round := range 6 {
		s := emptyStore()
		for part := range slices.Chunk(calls, 1+random.IntN(100)) {
			if _, err := Keep(t.Context(), s.Documents, part); err != nil {
				t.Fatal(err)
			}
		}
		page, err := s.Documents.List(t.Context(), store.KindTrail, store.ListQuery{})
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, d := range page.Items {
			fmt.Fprintln(&all, d.ID, string(d.Body))
		}
		if round > 0 && all.String() != want {
			t.Fatal("another order gave other documents")
		}
		want = all.String()
		random.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
	}
}

// crowd is calls of many machines and people.
func crowd(n int) (calls []events.CloudTrail) {
	random := rand.New(rand.NewPCG(4, 4))
	names := []string{"RunInstances", "AuthorizeSecurityGroupIngress", "CreateTags", "DeleteFlowLogs", "AssociateAddress"}
	for i := range n {
		at := time.Duration(random.IntN(7000)-3500) * time.Second
		id := fmt.Sprintf("%08x-0000-4000-8000-000000000000", i)
		if random.IntN(2) == 0 {
			calls = append(calls, called(id, names[random.IntN(len(names))], at))
		} else {
			calls = append(calls, ofSession(id, "List"+names[random.IntN(5)], fmt.Sprintf("i-%017x", random.IntN(9)), fmt.Sprintf("192.0.2.%d", random.IntN(4)), at))
		}
	}
	return calls
}

// TestFullDocumentsDropTheCheapest fills a document far beyond its room: what matters most stays, and what is missing is counted.
func TestFullDocumentsDropTheCheapest(t *testing.T) {
	var calls []events.CloudTrail
	for i := range 2000 {
		c := called(fmt.Sprintf("tag-%d", i), "CreateTags", time.Second)
		c.Parameters = `{"x":"` + strings.Repeat("y", 700) + `"}`
		calls = append(calls, c)
	}
	for i := range 300 {
		calls = append(calls, ofSession(fmt.Sprintf("s-%d", i), "ListBuckets", fmt.Sprintf("i-%017x", i), "192.0.2.1", time.Second))
	}
	for i := range 50 {
		calls = append(calls, called(fmt.Sprintf("flow-%d", i), "DeleteFlowLogs", time.Second))
	}
	s := emptyStore()
	for range 2 {
		for part := range slices.Chunk(calls, 500) {
			if _, err := Keep(t.Context(), s.Documents, part); err != nil {
				t.Fatal(err)
			}
		}
	}
	x := indexOf(t, s.Documents)
	count := map[string]int{}
	for _, e := range x.entries {
		count[e.Name]++
	}
	left := 2000 - count["CreateTags"]
	if count["DeleteFlowLogs"] != 50 || count["ListBuckets"] != 300 || left < 500 {
		t.Errorf("%v are kept", count)
	}
	if p := x.Partial(); p < left/2 || p > left*2 {
		t.Errorf("%d are missing, and it says %d", left, p)
	}
	page, _ := s.Documents.List(t.Context(), store.KindTrail, store.ListQuery{})
	for _, d := range page.Items {
		if len(d.Body) > store.MaxBody {
			t.Errorf("%s has %d bytes", d.ID, len(d.Body))
		}
	}
}

// rival is a store in which somebody else is faster a few times.
type rival struct {
	store.Documents
	mu    sync.Mutex
	left  int
	calls []events.CloudTrail
}

func (r *rival) Write(ctx context.Context, changes []store.Write, entry *store.AuditEntry) ([]store.Document, error) {
	r.mu.Lock()
	first := r.left > 0
	r.left--
	r.mu.Unlock()
	if first {
		c := r.calls[0]
		c.UID = fmt.Sprintf("rival-%d", r.left)
		if _, err := Keep(ctx, r.Documents, []events.CloudTrail{c}); err != nil {
			return nil, err
		}
		all := r.calls
		for i := range all {
			all[i].UID += "+"
		}
		if _, err := Keep(ctx, r.Documents, all); err != nil {
			return nil, err
		}
	}
	return r.Documents.Write(ctx, changes, entry)
}

func TestSomebodyElseIsFaster(t *testing.T) {
	s := emptyStore()
	calls := crowd(60)
	r := &rival{Documents: s.Documents, left: 3, calls: crowd(60)}
	if _, err := Keep(t.Context(), r, calls); err != nil {
		t.Fatal(err)
	}
	// Whatever was kept in between, all of ours is there.
	alone := emptyStore()
	if _, err := Keep(t.Context(), alone.Documents, calls); err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, e := range indexOf(t, s.Documents).entries {
		there[e.alike()] = true
	}
	for _, e := range indexOf(t, alone.Documents).entries {
		if !there[e.alike()] {
			t.Errorf("%s is missing", e.UID)
		}
	}
}

func TestManyWritersAtOnce(t *testing.T) {
	s := emptyStore()
	calls := crowd(80)
	var all sync.WaitGroup
	errs := make(chan error, 4)
	for i := range 4 {
		all.Go(func() {
			for part := range slices.Chunk(calls[i*20:i*20+20], 5) {
				_, err := Keep(context.Background(), s.Documents, part)
				for errors.Is(err, store.ErrConflict) { // as a queue delivers it again
					_, err = Keep(context.Background(), s.Documents, part)
				}
				if err != nil {
					errs <- err
				}
			}
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	alone := emptyStore()
	if _, err := Keep(t.Context(), alone.Documents, calls); err != nil {
		t.Fatal(err)
	}
	if a, b := indexOf(t, s.Documents).Len(), indexOf(t, alone.Documents).Len(); a != b {
		t.Errorf("%d calls by four, %d by one", a, b)
	}
}

func TestUnreadableDocuments(t *testing.T) {
	s := emptyStore()
	if _, err := Keep(t.Context(), s.Documents, crowd(40)); err != nil {
		t.Fatal(err)
	}
	page, err := s.Documents.List(t.Context(), store.KindTrail, store.ListQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	key := store.DocumentKey{Kind: store.KindTrail, ID: page.Items[0].ID}
	if _, err := s.Documents.Write(t.Context(), []store.Write{{Kind: key.Kind, ID: key.ID, Body: []byte(`{"v":7}`), Expires: noon.Add(keptFor)}}, nil); err != nil {
		t.Fatal(err)
	}
	have, err := s.Documents.GetMany(t.Context(), Keys(detection())...)
	if err != nil {
		t.Fatal(err)
	}
	have[store.DocumentKey{Kind: store.KindHolding, ID: "x"}] = store.Document{Body: []byte("?")}
	x, err := Read(have)
	if err == nil || !strings.Contains(err.Error(), key.ID) || strings.Contains(err.Error(), "holding") || x.Len() == 0 {
		t.Errorf("%v, %d calls", err, x.Len())
	}
	// Who keeps something in it makes it anew.
	if kept, err := Keep(t.Context(), s.Documents, crowd(40)); kept == 0 || err != nil {
		t.Errorf("%d kept, %v", kept, err)
	}
	indexOf(t, s.Documents)
}

func TestCallsOfLongAgoStay(t *testing.T) {
	s := emptyStore()
	old := called("a", "RunInstances", -10*24*time.Hour)
	if _, err := KeepUntil(t.Context(), s.Documents, []events.CloudTrail{old}, noon.Add(keptFor)); err != nil {
		t.Fatal(err)
	}
	docs, err := s.Documents.GetMany(t.Context(), Keys(&events.Detection{Start: old.TS.Time()})...)
	if err != nil || len(docs) != 1 {
		t.Errorf("%d documents, %v", len(docs), err)
	}
}

func FuzzDecodeShelf(f *testing.F) {
	s := newShelf()
	for _, c := range crowd(5) {
		if e, ok := newEntry(&c); ok {
			s.add(e)
		}
	}
	f.Add(s.encode())
	f.Add([]byte(`{"v":1,"dropped":"","calls":[{"call":{}},{"seen":"AAAA","call":null}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := decodeShelf(&tree{}, body)
		if err != nil {
			return
		}
		again, err := decodeShelf(&tree{}, s.encode())
		if err != nil || len(again.entries) != len(s.entries) {
			t.Fatalf("%v: %d calls, then %d", err, len(s.entries), len(again.entries))
		}
	})
}
