// A map of who speaks with whom. Every node can be reached with the keyboard and says by itself what it is; the list beside the map holds the same.
import { memo, useDeferredValue, useId, useMemo, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useKeys } from '../state/keys'
import { bandOf } from '../ui/Band'
import type { Places } from './force'
import { backKey, lineKey, namesOf, pathOf, sizing, type Dot, type Line } from './siteMap'
import { MapButtons } from './MapButtons'
import { useSize } from './useSize'
import { useLooking } from './useLooking'
import { isDirection, legible, neighbour, type Size } from './view'
import './siteMap.css'

interface Props {
  label: string
  dots: readonly Dot[]
  lines: readonly Line[]
  places: Places
  selected?: string
  marked?: string // key of a line that is pointed at elsewhere
  select: (id: string | undefined) => void
}

export function SiteMap({ label, dots, lines, places, selected, marked, select }: Props): ReactNode {
  const help = useId()
  const arrow = useId()
  const [box, size] = useSize<HTMLDivElement>()
  const looking = useLooking(places, size)
  const [hovered, hover] = useState<string>() // "n" and the id of a node, or "l" and the key of a line
  const stop = dots.find((d) => d.id === selected)?.id ?? [...dots].sort((a, b) => a.rank - b.rank)[0]?.id
  const [focused, focus] = useState<string>()
  const current = focused !== undefined && places.has(focused) ? focused : stop
  const k = useDeferredValue(2 ** (Math.round(Math.log2(looking.view.k) * 4) / 4)) // names are picked anew at every fourth of a doubling, and after the picture has moved
  const named = useMemo(() => legible(...namesOf(dots, places, k)), [dots, places, k])
  const keys = (e: KeyboardEvent<SVGSVGElement>) => onKey(e, { current, places, size, looking, select, focus })
  useKeys([
    { key: '+', does: 'Zoom into the map', run: () => looking.zoom(1.4) },
    { key: '-', does: 'Zoom out of the map', run: () => looking.zoom(1 / 1.4) },
    { key: '0', does: 'Show all of the map', run: looking.fit },
  ])
  const shown = hovered ?? (marked ? `l${marked}` : undefined)
  return (
    <div className="mw-map" ref={box}>
      <p id={help} className="mw-hidden">Arrow keys lead from node to node, Enter shows what one is. Plus, minus and 0 zoom, Shift with an arrow moves the picture. The list holds the same.</p>
      <svg
        ref={looking.ref} role="group" aria-label={label} aria-describedby={help} width={size.width} height={size.height}
        onKeyDown={keys} onPointerOver={(e) => hover(keyAt(e.target))} onPointerLeave={() => hover(undefined)}
        onFocus={(e) => focusedAt(e.target, focus)}
        onClick={(e) => { if (!looking.dragged()) select(nodeAt(e.target)) }}
        {...looking.drag}
      >
        <defs><marker id={arrow} viewBox="0 0 8 8" refX="4" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" className="mw-map-arrow" /></marker></defs>
        <g transform={`translate(${looking.view.x} ${looking.view.y}) scale(${looking.view.k})`} style={{ '--mw-map-size': sizing(looking.view.k) } as React.CSSProperties}>
          <Lines lines={lines} places={places} arrow={arrow} />
          <Bright lines={lines} places={places} node={selected} shown={shown} />
          {dots.map((d) => (
            <One key={d.id} dot={d} x={places.get(d.id)?.x ?? 0} y={places.get(d.id)?.y ?? 0} stop={d.id === current} pressed={d.id === selected} />
          ))}
          <Names dots={dots} places={places} named={named} one={selected} another={shown?.startsWith('n') ? shown.slice(1) : focused} />
        </g>
      </svg>
      <MapButtons looking={looking} />
      <Tip shown={shown} dots={dots} lines={lines} />
    </div>
  )
}

const Lines = memo(function Lines({ lines, places, arrow }: { lines: readonly Line[]; places: Places; arrow: string }): ReactNode {
  const all = new Set(lines.map(lineKey))
  return lines.map((l) => {
    const [a, b] = [places.get(l.from), places.get(l.to)]
    if (!a || !b || l.from === l.to) return null
    const d = pathOf(a, b, all.has(backKey(l)))
    return (
      <g key={lineKey(l)} data-line={lineKey(l)}>
        <path d={d} className="mw-map-near" />
        <path d={d} className="mw-map-line" strokeWidth={l.width} markerMid={`url(#${arrow})`} />
      </g>
    )
  })
})

// The lines of the node that is shown, and the one that is pointed at, over the others.
const Bright = memo(function Bright({ lines, places, node, shown }: { lines: readonly Line[]; places: Places; node?: string; shown?: string }): ReactNode {
  const all = new Set(lines.map(lineKey))
  const hovered = shown?.startsWith('n') ? shown.slice(1) : undefined
  const bright = (l: Line) => l.from === node || l.to === node || l.from === hovered || l.to === hovered || shown === `l${lineKey(l)}`
  return lines.filter(bright).map((l) => {
    const [a, b] = [places.get(l.from), places.get(l.to)]
    return a && b && l.from !== l.to ? <path key={lineKey(l)} d={pathOf(a, b, all.has(backKey(l)))} className="mw-map-bright" strokeWidth={l.width + 1} /> : null
  })
})

interface OneProps {
  dot: Dot
  x: number
  y: number
  stop: boolean
  pressed: boolean
}

const One = memo(function One({ dot: d, x, y, stop, pressed }: OneProps): ReactNode {
  const band = d.score === undefined ? '' : ` mw-map-${bandOf(d.score)}`
  const shape = d.kind === 'group'
    ? <rect x={-d.radius} y={-d.radius} width={2 * d.radius} height={2 * d.radius} rx={4} className="mw-map-shape" />
    : <circle r={d.radius} className="mw-map-shape" />
  return (
    <g transform={`translate(${x} ${y})`} data-node={d.id} role="button" aria-label={d.text} aria-pressed={pressed} tabIndex={stop ? 0 : -1} className={`mw-map-node mw-map-${d.kind}${band}`}>
      <g className="mw-map-sized">
        <circle r={d.radius + 4} className="mw-map-ring" />
        {shape}
        {d.score !== undefined && <text className="mw-map-score" y={4}>{d.score}</text>}
      </g>
    </g>
  )
})

interface NamesProps {
  dots: readonly Dot[]
  places: Places
  named: ReadonlySet<string>
  one?: string // who is selected, and who is pointed at or focused: their names are always there
  another?: string
}

// Names lie over all nodes. The node's own label says the same to a screen reader.
const Names = memo(function Names({ dots, places, named, one, another }: NamesProps): ReactNode {
  return (
    <g aria-hidden="true">
      {dots.filter((d) => named.has(d.id) || d.id === one || d.id === another).map((d) => (
        <g key={d.id} transform={`translate(${places.get(d.id)?.x ?? 0} ${places.get(d.id)?.y ?? 0})`}>
          <text className="mw-map-name mw-map-sized" y={d.radius + 14}>{d.label}</text>
        </g>
      ))}
    </g>
  )
})

function Tip({ shown, dots, lines }: { shown?: string; dots: readonly Dot[]; lines: readonly Line[] }): ReactNode {
  const key = shown?.slice(1)
  const text = shown?.startsWith('n') ? dots.find((d) => d.id === key)?.text : lines.find((l) => lineKey(l) === key)?.text
  return text ? <div className="mw-map-tip" aria-hidden="true">{text}</div> : null
}

const nodeAt = (t: EventTarget): string | undefined => (t instanceof Element ? t.closest('[data-node]')?.getAttribute('data-node') ?? undefined : undefined)

function keyAt(t: EventTarget): string | undefined {
  const node = nodeAt(t)
  if (node !== undefined) return `n${node}`
  const line = t instanceof Element ? t.closest('[data-line]')?.getAttribute('data-line') : undefined
  return line ? `l${line}` : undefined
}

function focusedAt(t: EventTarget, focus: (id: string) => void): void {
  const id = nodeAt(t)
  if (id !== undefined) focus(id)
}

interface Hands {
  current?: string
  places: Places
  size: Size
  looking: ReturnType<typeof useLooking>
  select: (id: string | undefined) => void
  focus: (id: string) => void
}

function onKey(e: KeyboardEvent<SVGSVGElement>, h: Hands): void {
  if (e.ctrlKey || e.metaKey || e.altKey) return
  if (isDirection(e.key) && e.shiftKey) h.looking.push(e.key)
  else if (isDirection(e.key)) walk(e, h)
  else if (e.key === 'Enter' || e.key === ' ') h.select(h.current)
  else if (e.key === 'Escape') h.select(undefined)
  else return
  e.preventDefault()
}

function walk(e: KeyboardEvent<SVGSVGElement>, h: Hands): void {
  const next = h.current !== undefined && isDirection(e.key) ? neighbour(h.places, h.current, e.key) : undefined
  if (next === undefined) return
  h.focus(next)
  h.looking.show(next)
  for (const g of e.currentTarget.querySelectorAll<SVGGElement>('[data-node]')) if (g.getAttribute('data-node') === next) g.focus()
}
