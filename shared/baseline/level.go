package baseline

import "math"

// cell is the level of one hour of the day or the week.
type cell struct {
	level uint16
	n     uint8 // how often the hour was learned
}

const maxCell = 255

// How fast levels follow, as the least weight of the newest value. By hour of the week, where there is one a week, the half-life is
// three weeks; by hour of the day about one, so that growth is followed; a group learns the same hour many times over.
const (
	paceWeekly  = 0.21
	paceDaily   = 0.1
	paceOverall = 0.01
	paceGroup   = 0.02
)

// learn moves the level towards x in proportion, not in amount: x and level are logarithms with the floor added.
func (c *cell) learn(x, floor, least float64) {
	c.level = follow(c.level, x, floor, max(1/(float64(c.n)+1), least))
	if c.n < maxCell {
		c.n++
	}
}

func follow(level uint16, x, floor, weight float64) uint16 {
	was := math.Log(value(level) + floor)
	return code(math.Exp(was+weight*(math.Log(x+floor)-was)) - floor)
}

// learn takes an hour's value into the levels of its season.
func (u *Usual) learn(s season, x, floor float64) {
	daily, weekly, overall := paceDaily, paceWeekly, paceOverall
	if u.group {
		daily, weekly, overall = paceGroup, paceGroup, paceGroup/4
	}
	u.overall = follow(u.overall, x, floor, max(1/(float64(u.hours)+1), overall))
	u.daily[s.weekend][s.day].learn(x, floor, daily)
	if u.hours >= weekLong && u.weekly == nil {
		u.weekly = new([168]cell)
	}
	if u.weekly != nil {
		u.weekly[s.week].learn(x, floor, weekly)
	}
	u.hours++
}

// level is what is expected at an hour, as a code, with what that rests on and how often the like was seen.
func (u *Usual) level(s season) (c uint16, basis Basis, n uint8) {
	day, basis := u.daily[s.weekend][s.day], HourOfDay
	if day.n == 0 {
		day = u.daily[1-s.weekend][s.day]
		n = 0
	} else {
		n = day.n
	}
	if day.n == 0 {
		return u.overall, Overall, 0
	}
	if u.weekly == nil || u.weekly[s.week].n == 0 {
		return day.level, basis, n
	}
	// An hour of the week that was seen once weighs as much as its hour of the day, and more with each time.
	week := u.weekly[s.week]
	w := float64(week.n) / float64(week.n+1)
	c = uint16(math.Round(w*float64(week.level) + (1-w)*float64(day.level)))
	return c, HourOfWeek, max(n, week.n)
}

// around gives the least and the largest level near an hour: what comes an hour earlier or later than usual (clocks are changed, jobs
// take longer), and working days that are like Sundays, are nothing unusual.
func (u *Usual) around(hour int64) (least, most uint16) {
	least, most = math.MaxUint16, 0
	for h := hour - 1; h <= hour+1; h++ {
		c, _, _ := u.level(seasonOf(h))
		least, most = min(least, c), max(most, c)
	}
	s := seasonOf(hour)
	for kind := range u.daily {
		if c := u.daily[kind][s.day]; c.n > 0 {
			least, most = min(least, c.level), max(most, c.level)
		}
	}
	return least, most
}

// stray is an hour that was far outside at no regular time, and raised no alert: a job that somebody started by hand.
type stray struct {
	level uint16
	day   uint8  // hour of the day
	left  uint16 // hours for which it is remembered
}

const (
	strayPlaces = 4
	strayHours  = 36 * 24
	strayFull   = 15 * 24 // so long it counts in full: until the next week's has come
)

// remember keeps an hour that was out of season; the smallest leaves.
func (u *Usual) remember(s season, x float64) {
	at := 0
	for i := range u.strays {
		if u.strays[i].left == 0 || int(u.strays[i].day) == s.day && math.Abs(float64(u.strays[i].level)-float64(code(x))) < codes*sameAsBefore {
			at = i
			break
		}
		if u.strays[i].level < u.strays[at].level {
			at = i
		}
	}
	was, c := u.strays[at], code(x)
	if was.left == 0 || c > was.level || int(was.day) == s.day {
		u.strays[at] = stray{max(c, was.level), uint8(s.day), strayHours}
	}
}

// largest is the largest hour out of season of the last weeks, less the older it is. One that the levels explain by now does not count.
func (u *Usual) largest(floor float64) float64 {
	most := 0.0
	for _, s := range u.strays {
		if s.left == 0 {
			continue
		}
		x := value(s.level)
		if usual := max(u.daily[0][s.day].level, u.daily[1][s.day].level); x < explained*(value(usual)+floor) {
			continue
		}
		most = max(most, x*math.Exp2(-float64(max(strayHours-int(s.left)-strayFull, 0))/(strayHours-strayFull)*2))
	}
	return most
}

// explained is the factor above an hour's level up to which a stray is no stray any more.
const explained = 3

func (u *Usual) age(hours int) {
	for i := range u.strays {
		u.strays[i].left -= uint16(min(hours, int(u.strays[i].left)))
	}
}
