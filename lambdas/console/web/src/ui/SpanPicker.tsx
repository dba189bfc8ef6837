// The time that a page looks at, for whoever wants another.
import DateRangePicker, { type DateRangePickerProps } from '@cloudscape-design/components/date-range-picker'
import Icon from '@cloudscape-design/components/icon'
import { memo, useCallback, useRef, type ReactNode } from 'react'
import { lengthOf, useSpan, type Span } from '../state/span'
import { useZone, written, zoneLabel, type Zone } from '../state/zone'

const day = 86_400_000
const minute = 60_000

interface Props {
  byDefault?: string // the page's own span where the URL has none; 1d where absent
  longest?: number // ms; 31 days where absent
  disabled?: boolean
}

/** Chooses the span in the page's URL: the last 15 minutes to 31 days, or from one moment to another, in the zone that was chosen. */
export function SpanPicker({ byDefault, longest = 31 * day, disabled }: Props): ReactNode {
  const [span, set] = useSpan(byDefault)
  const [zone] = useZone()
  const latest = useRef(set)
  latest.current = set
  return <Picker span={span} zone={zone} set={useCallback((s: Span) => latest.current(s), [])} longest={longest} disabled={disabled} />
}

interface PickerProps {
  span: Span
  zone: Zone
  set: (s: Span) => void
  longest: number
  disabled?: boolean
}

// Picker is drawn anew for another span, and not whenever something else of the address changes.
const Picker = memo(function Picker({ span, zone, set, longest, disabled }: PickerProps): ReactNode {
  return (
    <DateRangePicker
      value={valueOf(span, zone)}
      onChange={(e) => {
        const next = spanOfValue(e.detail.value, Date.now())
        if (next) set(next)
      }}
      relativeOptions={offered}
      customRelativeRangeUnits={['minute', 'hour', 'day']}
      isValidRange={(v) => checked(v, longest)}
      getTimeOffset={(wall) => offsetAt(wall, zone)}
      timeInputFormat="hh:mm:ss"
      startOfWeek={1}
      showClearButton={false}
      expandToViewport
      disabled={disabled}
      ariaLabel={`Time shown: ${spanText(span, zone)}`}
      i18nStrings={{ formatRelativeRange: (v) => lastText(v.amount, v.unit), relativeModeTitle: 'Up to now', absoluteModeTitle: `From and to (${zoneLabel(zone, span.to)})` }}
      dateInputFormat="iso"
      renderTriggerContent={() => <span className="mw-span"><Icon name="calendar" /> {spanText(span, zone)}</span>}
    />
  )
})

const offered: DateRangePickerProps.RelativeOption[] = ([
  [15, 'minute'], [1, 'hour'], [6, 'hour'], [1, 'day'], [3, 'day'], [7, 'day'], [14, 'day'], [31, 'day'],
] as const).map(([amount, unit]) => ({ key: `${amount}${unit[0]}`, amount, unit, type: 'relative' }))

const units: Record<string, DateRangePickerProps.TimeUnit> = { m: 'minute', h: 'hour', d: 'day' }

function valueOf(span: Span, zone: Zone): DateRangePickerProps.Value {
  const m = /^(\d+)([mhd])$/.exec(span.last ?? '')
  const unit = units[m?.[2] ?? '']
  if (span.last && unit) return { type: 'relative', key: span.last, amount: Number(m?.[1]), unit }
  return { type: 'absolute', startDate: walled(span.from, zone), endDate: walled(span.to, zone) }
}

function spanOfValue(v: DateRangePickerProps.Value | null, now: number): Span | undefined {
  if (v?.type === 'absolute') {
    const [from, to] = [Date.parse(v.startDate), Date.parse(v.endDate)]
    return from < to ? { from, to } : undefined
  }
  const last = v ? `${v.amount}${v.unit[0]}` : ''
  const length = lengthOf(last)
  return length ? { from: now - length, to: now, last } : undefined
}

/** Says what is wrong with what was chosen, if anything is. */
export function checked(v: DateRangePickerProps.Value | null, longest: number): DateRangePickerProps.ValidationResult {
  const most = `${Math.round(longest / day)} days`
  if (!v) return { valid: false, errorMessage: 'Choose a time.' }
  if (v.type === 'relative') {
    const length = lengthOf(`${v.amount}${v.unit[0]}`)
    if (!length) return { valid: false, errorMessage: 'Give a whole number above 0.' }
    return length <= longest ? { valid: true } : { valid: false, errorMessage: `At most ${most} are shown at once.` }
  }
  const [from, to] = [Date.parse(v.startDate), Date.parse(v.endDate)]
  if (!Number.isFinite(from) || !Number.isFinite(to)) return { valid: false, errorMessage: 'Give day and time of both the start and the end.' }
  if (from >= to) return { valid: false, errorMessage: 'The start must be before the end.' }
  return to - from <= longest ? { valid: true } : { valid: false, errorMessage: `At most ${most} are shown at once.` }
}

// offsetAt gives the zone's offset in minutes where clocks on the wall show what the date says in UTC: that is how the picker asks.
function offsetAt(wall: Date, zone: Zone): number {
  if (zone === 'utc') return 0
  const there = new Date(
    wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate(), wall.getUTCHours(), wall.getUTCMinutes(), wall.getUTCSeconds(),
  )
  return -there.getTimezoneOffset()
}

// walled writes a moment with the zone's own offset, so that the picker reads the wall's time off it and not another's.
function walled(ms: number, zone: Zone): string {
  const offset = zone === 'utc' ? 0 : -new Date(ms).getTimezoneOffset()
  const sign = offset < 0 ? '-' : '+'
  const pad = (n: number) => String(n).padStart(2, '0')
  const tail = `${sign}${pad(Math.floor(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`
  return written(ms, zone).replace(' ', 'T') + tail
}

const lastText = (amount: number, unit: string) => `Last ${amount === 1 ? '' : `${amount} `}${unit}${amount === 1 ? '' : 's'}`

/** Says a time up to now: "Last 7 days". */
export function lastWords(last: string): string {
  const m = /^(\d+)([mhd])$/.exec(last)
  return lastText(Number(m?.[1]), units[m?.[2] ?? ''] ?? '')
}

/** Says a span as a person would: "Last 7 days", or "2026-11-26 13:00 – 14:30 UTC". */
export function spanText(span: Span, zone: Zone): string {
  if (span.last) return lastWords(span.last)
  const fine = span.from % minute !== 0 || span.to % minute !== 0
  const [from, to] = [written(span.from, zone), written(span.to, zone)].map((t) => (fine ? t : t.slice(0, -3))) as [string, string]
  const sameDay = from.slice(0, 10) === to.slice(0, 10)
  const [before, after] = [zoneLabel(zone, span.from), zoneLabel(zone, span.to)] // they differ where the clocks were changed in between
  return `${from}${before === after ? '' : ` ${before}`} – ${sameDay ? to.slice(11) : to} ${after}`
}
