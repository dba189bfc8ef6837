// What a device did over time beside what was to be expected of it.
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import { useId, useMemo, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useZone, written, zoneLabel, lasting, type Zone } from '../state/zone'
import { digits } from '../ui/number'
import { BandTable } from './BandTable'
import { layBand, nearest, type BandLayout, type Expected, type Seen, type Slot } from './band'
import { timeTicks, valueText } from './scale'
import { useWidth } from './useWidth'
import './charts.css'
import './band.css'

export interface BandChartProps {
  label: string // what is shown, and of whom, for a screen reader: "Bytes sent by web-1"
  points: readonly Seen[]
  band: readonly Expected[]
  step: number // ms that a value stands for
  unit?: string // "bytes", "conversations", ...
  left?: number // ms; when the values left the range
  basis?: string // what the range rests on
  from?: number
  to?: number
  during?: { from: number; to: number; text: string } // a time to mark below the axis: that of a detection
  height?: number // px
}

const pad = { left: 66, right: 16, top: 38, bottom: 40 }

/** A line of what was seen on a band of what was expected. It has a read-out for pointer and keyboard, and a table that says the same. */
export function BandChart(p: BandChartProps): ReactNode {
  const [ref, full] = useWidth<HTMLDivElement>()
  const [at, setAt] = useState<number>()
  const [zone] = useZone()
  const width = Math.max(80, full - pad.left - pad.right)
  const height = p.height ?? 180
  const l = useMemo(
    () => layBand({ points: p.points, band: p.band, step: p.step, unit: p.unit, left: p.left, from: p.from, to: p.to, width, height }),
    [p.points, p.band, p.step, p.unit, p.left, p.from, p.to, width, height],
  )
  const slot = at === undefined ? undefined : l.slots[Math.min(at, l.slots.length - 1)]
  return (
    <div className="mw-bandchart">
      <div ref={ref} className="mw-bandchart-box">
        <Drawing p={p} l={l} width={width} height={height} zone={zone} slot={slot} />
        {l.slots.length > 0 && <Pointer p={p} l={l} at={at} set={setAt} zone={zone} height={height} />}
        {slot && <ReadOut slot={slot} p={p} zone={zone} right={slot.x < width / 2} />}
      </div>
      <Legend p={p} l={l} />
      <ExpandableSection headerText="The same as a table" variant="inline">
        <BandTable label={p.label} slots={l.slots} unit={p.unit} step={p.step} />
      </ExpandableSection>
    </div>
  )
}

interface Part {
  p: BandChartProps
  l: BandLayout
  zone: Zone
  height: number
}

function Drawing({ p, l, width, height, zone, slot }: Part & { width: number; slot?: Slot }): ReactNode {
  const clip = useId()
  return (
    <svg width={width + pad.left + pad.right} height={height + pad.top + pad.bottom} aria-hidden="true" focusable="false">
      <clipPath id={clip}><rect x={0} y={-8} width={width} height={height + 16} /></clipPath>
      <g transform={`translate(${pad.left},${pad.top})`}>
        <text className="mw-axis" x={-pad.left} y={-26}>{axisTitle(p)}</text>
        {l.ticks.map((t) => (
          <g key={t.at}>
            <line className="mw-gridline" x1={0} x2={width} y1={l.y(t.at)} y2={l.y(t.at)} />
            <text className="mw-axis" x={-8} y={l.y(t.at)} dy="0.32em" textAnchor="end">{t.text}</text>
          </g>
        ))}
        <TimeAxis l={l} width={width} height={height} zone={zone} />
        {p.during && <During l={l} width={width} height={height} {...p.during} />}
        <g clipPath={`url(#${clip})`}>
          {l.left && <rect className="mw-outside-ground" x={l.left.from} y={0} width={l.left.to - l.left.from} height={height} />}
          {l.range.map((d) => <path key={d} className="mw-range" d={d} />)}
          <path className="mw-median" d={l.median} />
          <path className="mw-seen" d={l.usual} />
          <path className="mw-seen mw-outside" d={l.outside} />
          {l.lone.map((s) => <circle key={s.time} className={s.red ? 'mw-dot mw-outside' : 'mw-dot'} cx={s.x} cy={s.y} r={3} />)}
        </g>
        {l.left && <LeftMark l={l} left={l.left} width={width} height={height} zone={zone} />}
        {slot && <line className="mw-cursor" x1={slot.x} x2={slot.x} y1={0} y2={height} />}
        {slot?.y !== undefined && <circle className={slot.red ? 'mw-dot mw-outside' : 'mw-dot'} cx={slot.x} cy={slot.y} r={4.5} />}
      </g>
    </svg>
  )
}

const axisTitle = (p: BandChartProps) => `${p.unit ?? 'value'} in ${lasting(p.step)}`

function TimeAxis({ l, width, height, zone }: { l: BandLayout; width: number; height: number; zone: Zone }): ReactNode {
  return timeTicks(l.from, l.to, width, zone).map((t) => {
    const x = l.x(t.at)
    const anchor = x > width - 30 ? 'end' : x < 20 ? 'start' : 'middle'
    return (
      <g key={t.at}>
        <line className="mw-gridline" x1={x} x2={x} y1={height} y2={height + 5} />
        <text className="mw-axis" x={x} y={height + 17} textAnchor={anchor}>{t.text}</text>
        {t.day && <text className="mw-axis mw-axis-day" x={x} y={height + 31} textAnchor={anchor}>{t.day}</text>}
      </g>
    )
  })
}

// The label of the mark is on the side that has room for it.
function LeftMark({ left, width, height, zone }: { l: BandLayout; left: NonNullable<BandLayout['left']>; width: number; height: number; zone: Zone }): ReactNode {
  const words = `Left the expected range ${written(left.time, zone).slice(11, 16)}`
  const end = left.from > width / 2
  return (
    <g>
      <line className="mw-left" x1={left.from} x2={left.from} y1={-6} y2={height} />
      <text className="mw-left-text" x={left.from + (end ? -5 : 5)} y={-8} textAnchor={end ? 'end' : 'start'}>{words}</text>
    </g>
  )
}

function During({ l, width, height, from, to, text }: { l: BandLayout; width: number; height: number; from: number; to: number; text: string }): ReactNode {
  const a = Math.max(0, Math.min(width, l.x(from)))
  const b = Math.max(a + 3, Math.min(width, l.x(to)))
  if (from > l.to || to < l.from) return null
  return <rect className="mw-during" x={a} y={height + 1} width={b - a} height={4}><title>{text}</title></rect>
}

// The pointer is a slider: arrows go from step to step, and what it says is its value.
function Pointer({ p, l, at, set, zone, height }: Part & { at?: number; set: (i: number | undefined) => void }): ReactNode {
  const last = l.slots.length - 1
  const here = Math.min(at ?? last, last)
  const slot = l.slots[here]
  const go: Record<string, number> = { ArrowLeft: here - 1, ArrowDown: here - 1, ArrowRight: here + 1, ArrowUp: here + 1, PageUp: here + 12, PageDown: here - 12, Home: 0, End: last }
  const press = (e: KeyboardEvent) => {
    const to = go[e.key]
    if (e.key === 'Escape') set(undefined)
    else if (to === undefined) return
    else set(Math.max(0, Math.min(last, to)))
    e.preventDefault()
  }
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label={`${p.label}: point in time`}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={here}
      aria-valuetext={slot ? inWords(slot, p, zone) : ''}
      className="mw-bandchart-pointer"
      style={{ left: pad.left, right: pad.right, top: pad.top, height }}
      onKeyDown={press}
      onFocus={() => set(here)}
      onBlur={() => set(undefined)}
      onPointerMove={(e) => set(nearest(l.slots, e.clientX - e.currentTarget.getBoundingClientRect().left))}
      onPointerLeave={(e) => document.activeElement !== e.currentTarget && set(undefined)}
    />
  )
}

/** What the read-out says, in one line. */
export function inWords(s: Slot, p: Pick<BandChartProps, 'unit'>, zone: Zone): string {
  return `${written(s.time, zone).slice(0, 16)} ${zoneLabel(zone, s.time)}: ${seenWords(s, p.unit)}; ${expectedWords(s, p.unit)}`
}

const amount = (v: number, unit?: string) => (unit === 'bytes' ? valueText(v, unit) : `${digits(Math.round(v * 100) / 100)}${unit ? ` ${unit}` : ''}`)
const seenWords = (s: Slot, unit?: string) => (s.value === undefined ? 'nothing observed' : amount(s.value, unit))

function expectedWords({ expected: e, value, outside }: Slot, unit?: string): string {
  if (!e) return 'no expected range yet'
  const words = `expected ${valueText(e.low, unit)} to ${valueText(e.high, unit)}, median ${valueText(e.median, unit)}`
  return outside && value !== undefined ? `${value > e.high ? 'above' : 'below'} the range: ${words}` : words
}

function ReadOut({ slot, p, zone, right }: { slot: Slot; p: BandChartProps; zone: Zone; right: boolean }): ReactNode {
  const place = right ? { left: pad.left + slot.x + 10 } : { right: `calc(100% - ${pad.left + slot.x - 10}px)` }
  return (
    <div className="mw-readout" style={{ ...place, top: pad.top + 6 }} aria-hidden="true">
      <div>{written(slot.time, zone).slice(0, 16)} {zoneLabel(zone, slot.time)}</div>
      <b>{seenWords(slot, p.unit)}</b>
      <div>{expectedWords(slot, p.unit)}</div>
    </div>
  )
}

function Legend({ p, l }: { p: BandChartProps; l: BandLayout }): ReactNode {
  return (
    <ul className="mw-legend" aria-label="Legend">
      <li><span className="mw-key mw-key-seen" />Seen</li>
      {p.band.length > 0 && <li><span className="mw-key mw-key-range" />Expected range{p.basis ? ` (${p.basis})` : ''}, 5th to 95th percentile</li>}
      {p.band.length > 0 && <li><span className="mw-key mw-key-median" />Its median</li>}
      {l.left && <li><span className="mw-key mw-key-outside" />Outside of the range</li>}
      {p.during && <li><span className="mw-key mw-key-during" />{p.during.text}</li>}
      {p.points.length > 0 && <li className="mw-quiet">Where the line has a gap, nothing was observed</li>}
    </ul>
  )
}
