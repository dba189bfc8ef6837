package events

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Time is a moment on the wire: nanoseconds since the Unix epoch, as the capture stamped the packet.
// It is an integer so that the packet path can carry it without allocation. JSON shows it as Zeek does:
// seconds with six decimals, as a number.
type Time int64

// TimeOf turns a time.Time into a Time.
func TimeOf(t time.Time) Time { return Time(t.UnixNano()) }

// Time gives the moment as a time.Time in UTC.
func (t Time) Time() time.Time { return time.Unix(0, int64(t)).UTC() }

// Add moves t by d.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub is the time from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// MarshalJSON writes seconds since the epoch with six decimals.
func (t Time) MarshalJSON() ([]byte, error) { return appendSeconds(nil, int64(t)), nil }

// UnmarshalJSON reads seconds since the epoch, to the microsecond.
func (t *Time) UnmarshalJSON(b []byte) error {
	n, err := parseSeconds(b)
	*t = Time(n)
	return err
}

// Interval is a length of time in nanoseconds; JSON shows seconds with six decimals.
type Interval int64

// Duration gives the interval as a time.Duration.
func (i Interval) Duration() time.Duration { return time.Duration(i) }

// Seconds gives the interval in seconds.
func (i Interval) Seconds() float64 { return float64(i) / 1e9 }

// MarshalJSON writes seconds with six decimals.
func (i Interval) MarshalJSON() ([]byte, error) { return appendSeconds(nil, int64(i)), nil }

// UnmarshalJSON reads seconds, to the microsecond.
func (i *Interval) UnmarshalJSON(b []byte) error {
	n, err := parseSeconds(b)
	*i = Interval(n)
	return err
}

// appendSeconds writes ns as seconds with six decimals, rounding to the nearest microsecond.
func appendSeconds(dst []byte, ns int64) []byte {
	if ns < 0 {
		dst = append(dst, '-')
		ns = -max(ns, -math.MaxInt64)
	}
	us := uint64(ns)/1000 + (uint64(ns)%1000+500)/1000
	dst = strconv.AppendUint(dst, us/1e6, 10)
	frac := us % 1e6
	var digits [7]byte
	digits[0] = '.'
	for i := 6; i > 0; i-- {
		digits[i] = byte('0' + frac%10)
		frac /= 10
	}
	return append(dst, digits[:]...)
}

func parseSeconds(b []byte) (int64, error) {
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return 0, fmt.Errorf("parse seconds: %w", err)
	}
	return int64(math.Round(f*1e6)) * 1000, nil
}
