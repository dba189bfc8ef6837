// Counts by time as stacked bars, with a brush that selects a stretch: by drag, and by keyboard with two handles.
import { useId, useMemo, useRef, useState, type PointerEvent, type ReactNode } from 'react'
import { useZone } from '../state/zone'
import { barAt, between, pieces, topOf, within, type Bar, type Frame, type Stretch } from './histogram'
import { Handles } from './HistogramHandles'
import { Axes, Gaps } from './HistogramParts'
import { Tip } from './HistogramTip'
import { Twin } from './HistogramTwin'
import { useWidth } from './useWidth'
import './histogram.css'

/** What is counted: the lowest of the stack first. The class colours it: mw-histbar-critical ... mw-histbar-low, or mw-histbar-plain. */
export interface Series {
  label: string
  className: string
}

export interface HistogramProps {
  label: string // "Detections by time and risk"
  noun: readonly [one: string, many: string] // what is counted: ["detection", "detections"]
  from: number // ms of the Unix epoch
  to: number
  step: number // ms of a bar
  series: readonly Series[]
  bars: readonly Bar[] // those without anything may be absent
  gaps?: readonly Stretch[] // where nothing could have been counted: hatched
  gapWord?: string // why: "No packets seen"
  selection?: Stretch
  onSelect?: (s: Stretch | undefined) => void // whole bars; undefined: the selection is cleared. Without it nothing can be selected
  height?: number // of the bars, in pixels
}

const margin = { left: 34, right: 6, top: 8, bottom: 32 }

/** The time histogram. */
export function Histogram(p: HistogramProps): ReactNode {
  const [root, width] = useWidth<HTMLElement>(800)
  const [zone] = useZone()
  const hatch = useId()
  const height = p.height ?? 132
  const frame = useMemo<Frame>(
    () => ({ from: p.from, to: p.to, step: p.step, area: { left: margin.left, top: margin.top, width: Math.max(60, width - margin.left - margin.right), height } }),
    [p.from, p.to, p.step, width, height],
  )
  const [over, setOver] = useState<number>()
  const [drag, setDrag] = useState<Stretch>()
  const pointer = useBrush(frame, p.onSelect, setDrag, setOver)
  const shown = drag ?? p.selection
  return (
    <figure ref={root} className={p.onSelect ? 'mw-histogram' : 'mw-histogram mw-histogram-fixed'} aria-label={p.label} onKeyDown={(e) => e.key === 'Escape' && setOver(undefined)}>
      <svg height={height + margin.top + margin.bottom} aria-hidden="true" focusable="false" {...pointer}>
        <Axes frame={frame} top={topOf(p.bars)} zone={zone} />
        <Gaps frame={frame} gaps={p.gaps ?? []} id={hatch} />
        {over !== undefined && <Under frame={frame} bar={over} />}
        <Bars frame={frame} bars={p.bars} series={p.series} shown={shown} />
        {shown && <Brush frame={frame} shown={shown} />}
      </svg>
      {p.onSelect && <Handles frame={frame} shown={shown} label={p.label} zone={zone} onDrag={setDrag} onSelect={p.onSelect} onOver={setOver} />}
      {over !== undefined && <Tip {...p} frame={frame} bar={over} zone={zone} />}
      <Twin {...p} zone={zone} />
    </figure>
  )
}

interface BarsProps {
  frame: Frame
  bars: readonly Bar[]
  series: readonly Series[]
  shown?: Stretch
}

function Bars({ frame, bars, series, shown }: BarsProps): ReactNode {
  const boxes = useMemo(() => pieces(frame, bars, topOf(bars)), [frame, bars])
  return boxes.map((b) => (
    <rect
      key={`${b.bar}.${b.series}`} x={b.x + 0.5} y={b.y + 0.5} width={Math.max(0.5, b.width - 1)} height={Math.max(0.5, b.height - 1)} rx={Math.min(1.5, b.width / 4)}
      className={`mw-histbar ${series[b.series]?.className ?? 'mw-histbar-plain'}${within(frame, b.bar, shown) ? '' : ' mw-histbar-outside'}`}
    />
  ))
}

function Under({ frame, bar }: { frame: Frame; bar: number }): ReactNode {
  const wide = (frame.step / (frame.to - frame.from)) * frame.area.width
  return <rect className="mw-under" x={frame.area.left + bar * wide} y={frame.area.top} width={wide} height={frame.area.height} />
}

function Brush({ frame: { from, to, area }, shown }: { frame: Frame; shown: Stretch }): ReactNode {
  const x = (ms: number) => area.left + Math.min(1, Math.max(0, (ms - from) / (to - from))) * area.width
  return <rect className="mw-brush" x={x(shown.from)} y={area.top} width={Math.max(1, x(shown.to) - x(shown.from))} height={area.height} />
}

// useBrush gives what the pointer does: it shows the bar it is over, and a drag selects. What is selected is told once, at the end.
function useBrush(frame: Frame, onSelect: HistogramProps['onSelect'], setDrag: (s?: Stretch) => void, setOver: (bar?: number) => void) {
  const first = useRef<number>(undefined)
  const bar = (e: PointerEvent<SVGSVGElement>) => barAt(frame, e.clientX - e.currentTarget.getBoundingClientRect().left)
  const end = () => {
    first.current = undefined
    setDrag(undefined)
  }
  return {
    onPointerDown: (e: PointerEvent<SVGSVGElement>) => {
      if (!onSelect || e.button !== 0) return
      first.current = bar(e)
      e.currentTarget.setPointerCapture?.(e.pointerId)
    },
    onPointerMove: (e: PointerEvent<SVGSVGElement>) => {
      setOver(bar(e))
      if (first.current !== undefined) setDrag(between(frame, first.current, bar(e)))
    },
    onPointerUp: (e: PointerEvent<SVGSVGElement>) => {
      if (first.current !== undefined) onSelect?.(between(frame, first.current, bar(e)))
      end()
    },
    onPointerCancel: end,
    onPointerLeave: () => setOver(undefined),
  }
}
