package counters

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

func address(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}) }

// crowd is a detection with so many machines, and a stranger from outside.
func crowd(n int) *events.Detection {
	d := &events.Detection{Category: "lateral", Start: hour.Add(17*time.Minute + 3*time.Second), VNI: 7}
	for i := range n {
		d.Participants = append(d.Participants, events.Participant{Role: "victim", Address: address(i), Instance: fmt.Sprintf("i-%017x", i)})
	}
	d.Participants = append(d.Participants, events.Participant{Role: "offender", Address: netip.MustParseAddr("198.51.100.7"), External: true})
	return d
}

// TestQueryFitsOneAnswer holds the arithmetic against the limits of GetMetricData for every number of machines, and against what is left
// away when less fits.
func TestQueryFitsOneAnswer(t *testing.T) {
	for n := range MostMachines + 5 {
		q := New(Options{Detection: crowd(n), Now: hour.Add(time.Hour)})
		if q.Points() > MostPoints || len(q.Machines)*len(q.Metrics) > MostMetrics || q.Weeks != Weeks || len(q.Machines) != min(n, MostMachines) {
			t.Errorf("%d machines: %d points, %d machines, %d metrics, %d weeks", n, q.Points(), len(q.Machines), len(q.Metrics), q.Weeks)
		}
		if whole := n <= 11; whole != (len(q.Metrics) == 13) || whole != (len(q.Left) == 0) {
			t.Errorf("%d machines: %d metrics, left %q", n, len(q.Metrics), q.Left)
		}
	}
	for _, c := range []struct{ points, machines, metrics, weeks int }{
		{16 * 13 * 673, 16, 13, 4}, {16*13*673 - 1, 16, 9, 4}, {16*9*673 - 1, 16, 9, 3}, {16*9*505 - 1, 16, 9, 2}, {16*9*337 - 1, 16, 9, 1},
		{16*9*169 - 1, 15, 9, 1}, {9 * 169, 1, 9, 1}, {9*169 - 1, 0, 9, 1},
	} {
		q := New(Options{Detection: crowd(16), Now: hour, Points: c.points})
		if len(q.Machines) != c.machines || len(q.Metrics) != c.metrics || q.Weeks != c.weeks || q.Points() > c.points {
			t.Errorf("%d points: %d machines, %d metrics, %d weeks: %d points", c.points, len(q.Machines), len(q.Metrics), q.Weeks, q.Points())
		}
		if left := len(q.Left); (left == 0) != (c.metrics == 13) {
			t.Errorf("%d points: %q", c.points, q.Left)
		}
	}
}

func TestQueryHours(t *testing.T) {
	q := New(Options{Detection: crowd(1), Now: hour.Add(time.Hour)})
	if !q.Hour.Equal(hour) || !q.From().Equal(hour.AddDate(0, 0, -28)) || !q.To().Equal(hour.Add(time.Hour)) || q.running() {
		t.Errorf("%s: %s to %s, running %v", q.Hour, q.From(), q.To(), q.running())
	}
	d := crowd(1)
	d.Start = d.Start.In(time.FixedZone("", 5*3600+1800)) // a half hour's zone: hours are CloudWatch's, not the zone's
	if q := New(Options{Detection: d, Now: hour.Add(time.Hour - 1)}); !q.Hour.Equal(hour) || q.Hour.Location() != time.UTC || !q.running() {
		t.Errorf("%s, running %v", q.Hour, q.running())
	}
}

// TestWhoIsAsked says which machines of a detection are asked for, by what is known of them.
func TestWhoIsAsked(t *testing.T) {
	type P = events.Participant
	tags := map[string]string{"Name": "web-1"}
	who := []events.Identity{
		{Address: address(1), Holding: events.Holding{Instance: "i-0aaa", Name: "from inventory", Account: "111111111111", Region: "eu-central-1"}},
		{Address: address(2), Holding: events.Holding{Instance: "i-0bbb", Name: "db", Account: "222222222222", Region: "eu-central-1"}},
		{Address: address(3), Holding: events.Holding{Instance: "i-0ccc", Account: "111111111111", Region: "us-east-1"}},
		{Address: address(4), Holding: events.Holding{Interface: "eni-1", Requester: "amazon-elb"}},
		{Address: address(5), Holding: events.Holding{Instance: "i-0eee", Name: "had the address before", Region: "us-east-1"}},
	}
	for _, c := range []struct {
		name         string
		participants []P
		vni          uint32
		cross        bool
		mirrored     func(string) bool
		want         []Machine
		left         string
	}{
		{"nobody is a machine", []P{{Role: "offender", Address: address(9)}, {Role: "victim", Address: address(4)}}, 7, false, nil, nil, ""},
		{"the only machine of a mirror is mirrored", []P{{Role: "offender", Address: address(9)}, {Role: "victim", Address: address(1)}}, 7, false, nil,
			[]Machine{{"i-0aaa", "from inventory", "", "victim", true}}, ""},
		{"without a mirror nothing is", []P{{Role: "victim", Address: address(1)}}, 0, false, nil, []Machine{{"i-0aaa", "from inventory", "", "victim", false}}, ""},
		{"offenders first, and each once", []P{
			{Role: "victim", Address: address(7), Instance: "i-0ddd"}, {Role: "victim", Address: address(1)}, {Role: "offender", Address: address(8), Instance: "i-0ddd", Tags: tags},
		}, 7, false, nil, []Machine{{"i-0ddd", "", "", "offender", false}, {"i-0aaa", "from inventory", "", "victim", false}}, ""},
		{"what the sensor saw comes before what the inventory says", []P{{Role: "offender", Address: address(5), Instance: "i-0fff", Tags: tags}}, 7, false, nil,
			[]Machine{{"i-0fff", "web-1", "", "offender", true}}, ""},
		{"another account", []P{{Role: "offender", Address: address(2)}}, 7, false, nil, nil, "i-0bbb is of account 222222222222, which this one may not look into"},
		{"another account that is linked", []P{{Role: "offender", Address: address(2)}}, 7, true, nil, []Machine{{"i-0bbb", "db", "222222222222", "offender", true}}, ""},
		{"another region", []P{{Role: "offender", Address: address(3)}, {Role: "victim", Address: address(1)}}, 7, false, func(i string) bool { return i == "i-0aaa" },
			[]Machine{{"i-0aaa", "from inventory", "", "victim", true}}, "i-0ccc is in us-east-1, and CloudWatch of eu-central-1 was asked"},
		{"ids that are none", []P{{Role: "offender", Instance: "i-0abc\"}"}, {Role: "offender", Instance: "mi-0123"}, {Role: "offender", Instance: "i-" + strings.Repeat("a", 33)}},
			7, false, nil, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &events.Detection{Start: hour, VNI: c.vni, Participants: c.participants}
			q := New(Options{Detection: d, Who: who, Now: hour, Account: "111111111111", Region: "eu-central-1", CrossAccount: c.cross, Mirrored: c.mirrored})
			if !reflect.DeepEqual(q.Machines, c.want) || strings.Join(q.Left, "; ") != c.left {
				t.Errorf("%+v, left %q\nwant %+v, %q", q.Machines, q.Left, c.want, c.left)
			}
			if q.Category != d.Category || len(d.Participants) != len(c.participants) {
				t.Error("the detection was changed")
			}
		})
	}
}

func TestState(t *testing.T) {
	over := hour.Add(2 * time.Hour)
	one := Query{Machines: []Machine{{ID: "i-0abc"}}, Metrics: Metrics(), Hour: hour, Asked: over, Weeks: 4}
	left := one
	left.Left = []string{"16 of 20 machines are looked at, offenders first"}
	some := Answer{Series: []Series{{Machine: "i-0abc", Metric: "CPUUtilization", Times: []time.Time{hour}, Values: []float64{1}}}}
	cut := some
	cut.Partial = "there is a second page"
	end := hour.Add(time.Hour)
	for _, c := range []struct {
		name    string
		q       Query
		a       Answer
		err     error
		status  events.SourceStatus
		why     string
		through *time.Time
	}{
		{"all of it", one, some, nil, events.SourceComplete, "", &end},
		{"not all machines", left, some, nil, events.SourcePartial, "16 of 20 machines are looked at, offenders first", &end},
		{"a second page", left, cut, nil, events.SourcePartial, "16 of 20 machines are looked at, offenders first; there is a second page", &end},
		{"no machine", Query{Hour: hour, Asked: over}, Answer{}, nil, events.SourceEmpty, "no participant is known to be an instance", nil},
		{"no machine here", Query{Hour: hour, Asked: over, Left: []string{"i-1 is in us-east-1"}}, Answer{}, nil, events.SourceEmpty, "i-1 is in us-east-1", nil},
		{"no metrics", one, Answer{}, nil, events.SourceEmpty, "CloudWatch has no metrics of the machines", nil},
		{"denied", one, Answer{}, fmt.Errorf("ask: %w", &Error{Why: Denied, Code: "AccessDenied", Message: "no"}), events.SourceDenied, "get metric data: denied: AccessDenied: no", nil},
		{"throttled", one, Answer{}, &Error{Why: Throttled, Code: "Throttling"}, events.SourceFailed, "get metric data: throttled: Throttling", nil},
		{"unreachable", one, Answer{}, &Error{Why: Unreachable, Message: "no route"}, events.SourceFailed, "get metric data: unreachable: no route", nil},
		{"anything else", one, Answer{}, errors.New("odd"), events.SourceFailed, "odd", nil},
		{"long", one, Answer{}, errors.New(strings.Repeat("é", 400)), events.SourceFailed, strings.Repeat("é", 250) + "...", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := State(c.q, c.a, c.err)
			if s.Source != events.SourceCloudWatch || s.Status != c.status || s.Why != c.why || !reflect.DeepEqual(s.Through, c.through) {
				t.Errorf("%+v, want %s: %q through %v", s, c.status, c.why, c.through)
			}
		})
	}
	for why, again := range map[Why]bool{Denied: false, Throttled: true, Unreachable: true, Broken: true, Refused: false} {
		if e := (&Error{Why: why, Cause: errors.ErrUnsupported}); e.Again() != again || !errors.Is(e, errors.ErrUnsupported) {
			t.Errorf("%s: again %v", why, e.Again())
		}
	}
}

// TestSay holds numbers against how people write them.
func TestSay(t *testing.T) {
	for _, c := range []struct {
		v          float64
		unit, want string
	}{
		{0, "Bytes", "0 bytes"}, {999, "Bytes", "999 bytes"}, {999.6, "Bytes", "1 kB"}, {1500, "Bytes", "1.5 kB"}, {9960, "Bytes", "10 kB"}, {999_600, "Bytes", "1 MB"},
		{2.14e9, "Bytes", "2.1 GB"}, {5e18, "Bytes", "5000 PB"}, {1, "Count", "1 packet"}, {1, "Bytes", "1 byte"}, {24_567, "Count", "24,600 packets"}, {999_499, "Count", "999,000 packets"},
		{999_500, "Count", "1 million packets"}, {1.26e9, "Count", "1.3 billion packets"}, {0.04, "Percent", "0 %"}, {97.6, "Percent", "98 %"}, {9.96, "Percent", "10 %"},
	} {
		if got := amount(c.v, c.unit); got != c.want {
			t.Errorf("%v %s: %q, want %q", c.v, c.unit, got, c.want)
		}
	}
	for ratio, want := range map[float64]string{1.75: "1.8 times", 2: "2 times", 9.4: "9.4 times", 13.6: "14 times", 2345: "2,350 times", 1e9: "over a million times"} {
		if got := times(ratio); got != want {
			t.Errorf("%v: %q, want %q", ratio, got, want)
		}
	}
	if got := label(&Machine{ID: "i-1", Name: strings.Repeat("ü", 100)}); got != "i-1 ("+strings.Repeat("ü", 64)+"...)" {
		t.Error(got)
	}
}
