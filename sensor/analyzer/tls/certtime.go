package tls

import (
	"math"
	"time"

	"github.com/mirrorwatch/mirrorwatch/events"
)

// lastSecond is the last second that an events.Time can hold, in the year 2262. Certificates that never expire say 9999.
const lastSecond = math.MaxInt64 / int64(time.Second)

// firstYear is the first whole year that an events.Time can hold.
const firstYear = 1678

// certificateTime reads a Time (RFC 5280 section 4.1.2.5): UTCTime or GeneralizedTime, which end with Z. What is not written so is 0.
func certificateTime(e element) events.Time {
	text := e.body
	year := 0
	switch {
	case e.tag == tagUTCTime && len(text) >= 11:
		year = 1900 + digits(text[:2])
		if year < 1950 {
			year += 100
		}
		text = text[2:]
	case e.tag == tagGeneralTime && len(text) >= 13:
		year = 100*digits(text[:2]) + digits(text[2:4])
		text = text[4:]
	default:
		return 0
	}
	second := 0
	switch {
	case len(text) == 9 && text[8] == 'Z':
	case len(text) == 11 && text[10] == 'Z':
		second = digits(text[8:10])
	default:
		return 0
	}
	month, day, hour, minute := digits(text[:2]), digits(text[2:4]), digits(text[4:6]), digits(text[6:8])
	if year < firstYear || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || hour < 0 || minute < 0 || minute > 59 || second < 0 || second > 60 {
		return 0
	}
	at := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC).Unix()
	if at > lastSecond {
		return math.MaxInt64
	}
	return events.Time(at * int64(time.Second))
}

// digits gives two decimal digits as a number; below -1000 where they are none, so that every check of a range fails.
func digits(b []byte) int {
	tens, ones := int(b[0])-'0', int(b[1])-'0'
	if tens < 0 || tens > 9 || ones < 0 || ones > 9 {
		return -100000
	}
	return 10*tens + ones
}
