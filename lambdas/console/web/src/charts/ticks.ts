// Where the ticks of an axis are, and what is written beside them. Pure: the zone's offset comes in.
import type { Zone } from '../state/zone'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

// Lengths that a person counts in. Weeks and more are counted from a Monday.
const steps = [
  second, 2 * second, 5 * second, 10 * second, 15 * second, 30 * second, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute,
  hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day, 28 * day, 91 * day, 364 * day,
]

/** A tick of the time axis: where it is, what is written, and the day below it where that is news. */
export interface TimeTick {
  at: number // ms of the Unix epoch
  label: string
  day?: string
}

/** Milliseconds that the wall clock of a zone is ahead of UTC at a moment. */
export const aheadOf = (zone: Zone) => (ms: number): number => (zone === 'utc' ? 0 : -new Date(ms).getTimezoneOffset() * minute)

/** Gives the ticks from `from` to `to`, about `wanted` of them or fewer, at round times of the wall clock that `ahead` makes. */
export function timeTicks(from: number, to: number, wanted: number, ahead: (ms: number) => number): TimeTick[] {
  if (!(to > from) || wanted < 1) return []
  const step = steps.find((s) => (to - from) / s <= wanted) ?? Math.ceil((to - from) / wanted / day) * day
  const monday = step >= 7 * day ? 4 * day : 0 // the epoch was a Thursday
  const out: TimeTick[] = []
  let before = ''
  for (let wall = Math.ceil((from + ahead(from) - monday) / step) * step + monday; ; wall += step) {
    const at = wall - ahead(wall - ahead(wall)) // twice: near a change of the clocks the first guess is on the wrong side
    if (at > to || out.length > 2 * wanted + 2) return out
    if (at < from) continue
    const [date, time] = words(at + ahead(at))
    if (step >= day) out.push({ at, label: date.slice(0, 4) === before.slice(0, 4) ? date.slice(5) : date })
    else out.push({ at, label: step < minute ? time : time.slice(0, 5), day: date === before ? undefined : date.slice(5) })
    before = date
  }
}

function words(wall: number): [string, string] {
  const s = new Date(wall).toISOString()
  return [s.slice(0, 10), s.slice(11, 19)]
}

/** Gives the top of a counting axis: whole, even (half of it is whole as well), and not below what is to be shown. */
export function evenTop(most: number): number {
  if (!(most > 2)) return 2
  const scale = 10 ** Math.floor(Math.log10(most))
  const top = [2, 4, 6, 8, 10].map((m) => m * scale).find((v) => v >= most) ?? 20 * scale
  return Math.ceil(top / 2) * 2
}
