// Where the marks of an axis stand, and what they say.
import { bytes, short } from '../ui/number'
import { written, type Zone } from '../state/zone'

/** A mark of an axis: its value, and its words. `day` is there where a new day begins, and at the first mark. */
export interface Tick {
  at: number
  text: string
  day?: string
}

/** Marks from 0 to a round number at or above the highest value: 1, 2, 2.5 or 5 times a power of ten apart, and whole where what is counted is. */
export function valueTicks(highest: number, unit = '', wanted = 4): Tick[] {
  const most = highest > 0 && Number.isFinite(highest) ? highest : 1
  const step = roundStep(most / wanted, unit !== '')
  const n = Math.max(1, Math.ceil(most / step - 1e-9))
  return Array.from({ length: n + 1 }, (_, i) => ({ at: i * step, text: valueText(i * step, unit) }))
}

function roundStep(least: number, whole: boolean): number {
  const power = 10 ** Math.floor(Math.log10(least))
  const times = [1, 2, 2.5, 5, 10].find((f) => f * power >= least - 1e-12 && (!whole || f * power % 1 === 0)) ?? 10
  return whole ? Math.max(1, times * power) : times * power
}

/** A value as a person reads it: bytes short, and everything else with what is counted left to the axis. */
export function valueText(v: number, unit = ''): string {
  return unit === 'bytes' ? trimmed(bytes(v)) : trimmed(short(v))
}

const trimmed = (s: string) => s.replace('.0', '')

const minute = 60_000
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080].map((n) => n * minute)

/** Marks of time at full hours (or days, or minutes) of the zone, at least `room` pixels apart. */
export function timeTicks(from: number, to: number, width: number, zone: Zone, room = 72): Tick[] {
  const most = Math.max(1, Math.floor(width / room))
  const step = steps.find((s) => (to - from) / s <= most) ?? Math.ceil((to - from) / most / (1440 * minute)) * 1440 * minute
  const off = (ms: number) => (zone === 'utc' ? 0 : new Date(ms).getTimezoneOffset() * minute)
  const ticks: Tick[] = []
  let day = ''
  for (let at = Math.ceil((from - off(from)) / step) * step; ticks.length < 200; at += step) {
    const ms = at + off(at + off(from)) // the zone's offset may change on the way
    if (ms > to) break
    if (ms < from) continue
    const [date = '', time = ''] = written(ms, zone).split(' ')
    ticks.push({ at: ms, text: time.slice(0, 5), day: date === day ? undefined : date })
    day = date
  }
  return ticks
}
