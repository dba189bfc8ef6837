package plan

import "github.com/mirrorwatch/mirrorwatch/lambdas/mirror/policy"

// maxNumber is the highest session number that AWS takes.
const maxNumber = 32766

// pickNumber gives the number that the session of ours should have: the one it has, unless the policy can be kept better. Where the
// policy names exactly one and another session has that, it gives that session. An interface has three sessions at most, so that
// looking at each number in turn ends after a few.
func (src *source) pickNumber(want policy.Number) (int32, *link) {
	number := max(want.Number, 1)
	if want.Place == policy.Exact {
		l := src.holder(number)
		if l == nil {
			return number, nil
		}
		if l.ours {
			return src.current(), nil // a duplicate, which goes in this pass
		}
		return src.current(), l
	}
	low, high := src.foreignNumbers()
	if n := src.current(); n != 0 && (want.Place == policy.After || n < low) {
		return n, nil
	}
	var n int32
	if want.Place == policy.After {
		n = src.pickAfter(number, high)
	} else {
		n = src.pickBefore(number, low)
	}
	if now := src.current(); now != 0 && n > low {
		return now, nil // there is no room below: a change would gain nothing
	}
	return n, nil
}

func (src *source) current() int32 {
	if src.keep == nil {
		return 0
	}
	return src.keep.SessionNumber
}

// foreignNumbers are the lowest and the highest number of others; where there is none, the lowest is beyond every number.
func (src *source) foreignNumbers() (low, high int32) {
	low = maxNumber + 1
	for _, l := range src.foreign {
		low, high = min(low, l.SessionNumber), max(high, l.SessionNumber)
	}
	return low, high
}

// pickBefore prefers the policy's number, then the highest below the others, then the lowest above.
func (src *source) pickBefore(number, low int32) int32 {
	if number < low && src.holder(number) == nil {
		return number
	}
	if low > maxNumber { // nobody else: a duplicate of ours has the number
		return src.freeFrom(number, 1)
	}
	if n := src.freeFrom(low-1, -1); n != 0 {
		return n
	}
	return src.freeFrom(low+1, 1)
}

// pickAfter prefers the policy's number, then the lowest above the others; where there is none, the highest that is free.
func (src *source) pickAfter(number, high int32) int32 {
	if number > high && src.holder(number) == nil {
		return number
	}
	if n := src.freeFrom(max(high+1, 1), 1); n != 0 {
		return n
	}
	return src.freeFrom(maxNumber, -1)
}

func (src *source) freeFrom(n, step int32) int32 {
	for ; n >= 1 && n <= maxNumber; n += step {
		if src.holder(n) == nil {
			return n
		}
	}
	return 0
}

// holder is the session other than the one that stays which has a number.
func (src *source) holder(n int32) *link {
	for _, l := range src.foreign {
		if l.SessionNumber == n {
			return l
		}
	}
	for _, l := range src.extra {
		if l.SessionNumber == n {
			return l
		}
	}
	return nil
}
