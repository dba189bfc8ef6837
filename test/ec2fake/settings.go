package ec2fake

import (
	"maps"
	"slices"
	"time"
)

// Settings are what a test may turn while the cloud runs; a zero value is AWS's own default, without lag and without faults.
type Settings struct {
	PageSize int // of a describe that names no MaxResults; 0: 1000

	SessionQuota    int           // sessions an account and region; 0: 10,000
	TargetQuota     int           // 0: 10,000
	FilterQuota     int           // 0: 10,000
	RuleQuota       int           // rules a filter; 0: 10
	InterfaceSlots  int           // sessions an interface; 0: 3
	SourcesSmall    int           // sources of a network interface as target; 0: 10
	SourcesLargest  int           // the same where its instance is the largest of the family; 0: 100
	Unsupported     []string      // families that cannot be mirrored; nil: those of AWS's list
	OldSupported    []string      // families before Nitro that can be; nil: those of AWS's list
	InvitationLasts time.Duration // 0: seven days

	Lag       time.Duration // describes show what was this long ago
	RandomLag bool          // each change is shown after a random time up to Lag instead
	// UnseenNotFound: what a describe does not show yet is not found by other calls either. Else they work on it.
	UnseenNotFound bool

	Reads, Writes Bucket            // of each call, by account and region; zero: no limit
	Buckets       map[string]Bucket // by call, instead of Reads and Writes
	ThrottleShare float64           // of calls that are throttled at random
	FailShare     float64           // of calls that fail with InternalError, half of them after the change took place
}

// Bucket is a token bucket: Size calls at once, Refill more a second.
type Bucket struct{ Size, Refill float64 }

func (s Settings) withDefaults() Settings {
	for _, d := range []struct {
		field *int
		value int
	}{
		{&s.PageSize, 1000}, {&s.SessionQuota, 10_000}, {&s.TargetQuota, 10_000}, {&s.FilterQuota, 10_000}, {&s.RuleQuota, 10},
		{&s.InterfaceSlots, 3}, {&s.SourcesSmall, 10}, {&s.SourcesLargest, 100},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if s.Unsupported == nil {
		s.Unsupported = unsupportedFamilies()
	}
	if s.OldSupported == nil {
		s.OldSupported = oldSupportedFamilies()
	}
	if s.InvitationLasts == 0 {
		s.InvitationLasts = 7 * 24 * time.Hour
	}
	return s
}

// Tune changes the settings.
func (c *Cloud) Tune(change func(s *Settings)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.set
	s.Buckets, s.Unsupported, s.OldSupported = maps.Clone(s.Buckets), slices.Clone(s.Unsupported), slices.Clone(s.OldSupported)
	change(&s)
	c.set = s.withDefaults()
}

// Deny has a call refused with UnauthorizedOperation in an account, Allow takes that back.
func (c *Cloud) Deny(account string, calls ...string) { c.permit(account, calls, true) }

// Allow takes back what Deny did.
func (c *Cloud) Allow(account string, calls ...string) { c.permit(account, calls, false) }

func (c *Cloud) permit(account string, calls []string, denied bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range calls {
		c.denied[account+" "+call] = denied
	}
}
