// The two handles of the histogram's brush: the keyboard's way to select a stretch, and the pointer's way to mend one.
import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react'
import type { Zone } from '../state/zone'
import { barAt, barCount, moved, nearestEdge, xOf, type Frame, type Stretch } from './histogram'
import { moment } from './moment'

interface Props {
  frame: Frame
  shown?: Stretch
  label: string
  zone: Zone
  onDrag: (s: Stretch | undefined) => void // while it moves
  onSelect: (s: Stretch | undefined) => void // when it rests
  onOver: (bar: number | undefined) => void
}

const large = 10 // bars that Shift and Page move by
const rest = 350 // ms without a key until the selection is told: each telling asks the server

export function Handles(p: Props): ReactNode {
  const all = { from: p.frame.from, to: p.frame.to }
  const tell = useResting(p)
  return (['from', 'to'] as const).map((end) => (
    <Handle key={end} {...p} end={end} stretch={p.shown ?? all} idle={!p.shown} tell={tell} />
  ))
}

interface HandleProps extends Props {
  end: 'from' | 'to'
  stretch: Stretch
  idle: boolean
  tell: Resting
}

function Handle({ frame, stretch, idle, end, label, zone, onOver, tell }: HandleProps): ReactNode {
  const [held, hold] = useState(false)
  const edge = nearestEdge(frame, stretch[end])
  const inner = end === 'from' ? edge : edge - 1
  const key = (e: KeyboardEvent) => {
    if (e.key === 'Escape') return tell.clear()
    const to = edgeAfter(e, edge, barCount(frame))
    if (to === undefined) return
    e.preventDefault()
    const next = moved(frame, stretch, end, to)
    onOver(end === 'from' ? nearestEdge(frame, next.from) : nearestEdge(frame, next.to) - 1)
    tell.soon(next)
  }
  const drag = (e: PointerEvent<HTMLDivElement>) => {
    const left = e.currentTarget.parentElement?.getBoundingClientRect().left ?? 0
    const bar = barAt(frame, e.clientX - left)
    if (held) tell.show(moved(frame, stretch, end, end === 'from' ? bar : bar + 1))
  }
  return (
    <div
      role="slider" tabIndex={0} aria-orientation="horizontal" aria-label={`${label}: ${end === 'from' ? 'beginning' : 'end'} of the selected time`}
      aria-valuemin={0} aria-valuemax={barCount(frame)} aria-valuenow={edge} aria-valuetext={moment(stretch[end], zone, frame.step)}
      className={idle ? 'mw-brush-handle mw-brush-idle' : 'mw-brush-handle'}
      style={{ left: xOf(frame, stretch[end]), top: frame.area.top, height: frame.area.height }}
      onKeyDown={key} onFocus={(e) => e.currentTarget.matches(':focus-visible') && onOver(inner)} onBlur={() => { onOver(undefined); tell.now() }}
      onPointerDown={(e) => { e.currentTarget.setPointerCapture?.(e.pointerId); hold(true) }}
      onPointerMove={drag} onPointerUp={() => { hold(false); tell.now() }} onPointerCancel={() => hold(false)}
    />
  )
}

// edgeAfter gives the edge that a key leads to; undefined: it is no key of ours.
function edgeAfter(e: KeyboardEvent, edge: number, count: number): number | undefined {
  const by = e.shiftKey ? large : 1
  const to: Record<string, number> = {
    ArrowLeft: edge - by, ArrowDown: edge - by, ArrowRight: edge + by, ArrowUp: edge + by, PageDown: edge - large, PageUp: edge + large, Home: 0, End: count,
  }
  return to[e.key]
}

interface Resting {
  show: (s: Stretch) => void
  soon: (s: Stretch) => void
  now: () => void
  clear: () => void
}

// useResting shows a selection at once and tells of it when it rests.
function useResting({ onDrag, onSelect }: Props): Resting {
  const waiting = useRef<Stretch>(undefined)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const latest = useRef({ onDrag, onSelect })
  latest.current = { onDrag, onSelect }
  useEffect(() => () => clearTimeout(timer.current), [])
  const now = () => {
    clearTimeout(timer.current)
    if (waiting.current) latest.current.onSelect(waiting.current)
    waiting.current = undefined
    latest.current.onDrag(undefined)
  }
  const show = (s: Stretch) => {
    waiting.current = s
    latest.current.onDrag(s)
  }
  return {
    show, now,
    soon: (s) => {
      show(s)
      clearTimeout(timer.current)
      timer.current = setTimeout(now, rest)
    },
    clear: () => {
      waiting.current = undefined
      now()
      latest.current.onSelect(undefined)
    },
  }
}
