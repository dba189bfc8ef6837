import type { ReactNode } from 'react'
import { arcsOf, type Link } from './arcs'
import './arcs.css'

interface Props<L extends Link> {
  rows: readonly string[]
  links: readonly L[]
  height: number // of one row, in pixels
  bright?: L
  className?: (l: L) => string // draws kinds of links differently
}

/** Arcs beside rows. They show at a glance what the list of links says in words, and nothing more: to a screen reader they are silent. */
export function Arcs<L extends Link>({ rows, links, height, bright, className }: Props<L>): ReactNode {
  const arcs = arcsOf(rows, links)
  const width = 14 + 12 * Math.max(1, ...arcs.map((a) => a.lane + 1))
  const middle = (row: number) => (row + 0.5) * height
  return (
    <svg className="mw-arcs" width={width} height={rows.length * height} aria-hidden="true">
      {arcs.map((a) => {
        const [y1, y2, x] = [middle(a.top), middle(a.bottom), width - 8 - 12 * (a.lane + 1)]
        const on = a.link === bright ? ' mw-arc-bright' : ''
        return <path key={`${a.link.from} ${a.link.to} ${a.lane}`} d={`M${width - 6} ${y1}C${x} ${y1} ${x} ${y1 + 4} ${x} ${Math.min(y1 + 12, (y1 + y2) / 2)}V${Math.max(y2 - 12, (y1 + y2) / 2)}C${x} ${y2 - 4} ${x} ${y2} ${width - 6} ${y2}`} className={`mw-arc ${className?.(a.link) ?? ''}${on}`} />
      })}
      {rows.map((id, i) => <circle key={id} cx={width - 6} cy={middle(i)} r={4} className="mw-arc-dot" />)}
    </svg>
  )
}
