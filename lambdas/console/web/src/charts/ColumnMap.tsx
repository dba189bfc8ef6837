// The activity map of a detection: three columns, what it is about on top.
import { useId, useMemo, useState, type ReactNode } from 'react'
import type { ActivityMap } from '../api/names'
import { counted } from '../ui/number'
import { visible, Wire } from '../ui/Wire'
import { addressOf, columnTitle, layColumns, radius, rolesOf, type ColumnLayout, type PlacedColumn, type PlacedEdge, type PlacedNode } from './columns'
import { NodeCard } from './NodeCard'
import { useWidth } from './useWidth'
import './charts.css'
import './columns.css'

interface Props {
  map: ActivityMap
  most?: number // nodes a column; 12 where absent
  onList?: () => void // leads to the list, which has what is not drawn
}

const narrowest = 560

/** Draws the map. Its nodes are buttons: what one is and where it leads is shown below. */
export function ColumnMap({ map, most = 12, onList }: Props): ReactNode {
  const [ref, full] = useWidth<HTMLDivElement>(900)
  const [chosen, choose] = useState<string>()
  const l = useMemo(() => layColumns(map, Math.max(narrowest, full), most), [map, full, most])
  const node = map.nodes.find((n) => n.id === chosen)
  return (
    <div ref={ref}>
      <div className="mw-columns-scroll">
        <div className="mw-columns" style={{ width: l.width, height: l.height }}>
          <Edges l={l} chosen={node?.id} />
          {l.columns.map((c) => <Heading key={c.column} c={c} room={l.room} width={l.width} />)}
          {l.columns.flatMap((c) => c.nodes).map((n) => (
            <Node key={n.node.id} n={n} room={l.room} chosen={n.node.id === node?.id} choose={() => choose(n.node.id === node?.id ? undefined : n.node.id)} />
          ))}
        </div>
      </div>
      <NotDrawn l={l} map={map} onList={onList} />
      {node && <NodeCard node={node} map={map} close={() => choose(undefined)} />}
      <Legend />
    </div>
  )
}

function Heading({ c, room, width }: { c: PlacedColumn; room: number; width: number }): ReactNode {
  const wide = room + radius * 2
  const left = Math.max(0, Math.min(width - wide, c.x - wide / 2))
  return <div className="mw-columns-head" style={{ left, width: wide }}>{columnTitle[c.column]}</div>
}

function Edges({ l, chosen }: { l: ColumnLayout; chosen?: string }): ReactNode {
  const id = useId()
  const dim = (e: PlacedEdge) => chosen !== undefined && e.edge.from !== chosen && e.edge.to !== chosen
  const kind = (e: PlacedEdge) => `${e.edge.hot ? 'mw-edge-hot' : 'mw-edge'}${dim(e) ? ' mw-edge-dim' : ''}`
  return (
    <svg width={l.width} height={l.height} aria-hidden="true" focusable="false">
      {(['mw-edge', 'mw-edge-hot'] as const).map((name) => (
        <marker key={name} id={`${id}${name}`} viewBox="0 0 10 10" refX={6} refY={5} markerWidth={9} markerHeight={9} markerUnits="userSpaceOnUse" orient="auto">
          <path className={`${name}-head`} d="M0,1L9,5L0,9Z" />
        </marker>
      ))}
      {l.edges.map((e) => (
        <line key={`${e.edge.from} ${e.edge.to}`} className={kind(e)} x1={e.x1} y1={e.y1} x2={e.x2} y2={e.y2} markerEnd={`url(#${id}${e.edge.hot ? 'mw-edge-hot' : 'mw-edge'})`} />
      ))}
      {l.edges.map((e) => e.label && (
        <g key={`${e.edge.from} ${e.edge.to}`} className={dim(e) ? 'mw-edge-dim' : undefined}>
          <rect className="mw-edge-ground" x={e.label.x - e.label.width / 2} y={e.label.y - 8} width={e.label.width} height={16} rx={3} />
          <text className={e.edge.hot ? 'mw-edge-text mw-edge-text-hot' : 'mw-edge-text'} x={e.label.x} y={e.label.y} dy="0.34em" textAnchor="middle">{e.label.text}</text>
        </g>
      ))}
    </svg>
  )
}

function Node({ n: { node, x, y, side }, room, chosen, choose }: { n: PlacedNode; room: number; chosen: boolean; choose: () => void }): ReactNode {
  const address = addressOf(node)
  const words = rolesOf(node)
  const said = [visible(node.label, 80), ...(address === node.label ? [] : [visible(address, 60)]), ...words, counted(node.connections, 'conversation')]
  const width = side === 'below' ? Math.min(room, 150) : room + radius * 2
  const place = side === 'below' ? { left: x - width / 2, top: y - radius } : { left: side === 'left' ? x + radius - width : x - radius, top: y - radius - 3 }
  return (
    <button type="button" className={`mw-node mw-node-${side}`} style={{ ...place, width }} aria-pressed={chosen} aria-label={said.join(', ')} onClick={choose}>
      <Shape role={node.role} external={node.external} text={initials(node.label, address)} />
      <span className="mw-node-text">
        <b><Wire length={40}>{node.label}</Wire></b>
        {address !== node.label && <small><Wire length={45}>{address}</Wire></small>}
        {words.length > 0 && <small>{words.join(', ')}</small>}
      </span>
    </button>
  )
}

// External hosts are diamonds; who takes part in the detection has a ring.
function Shape({ role, external, text }: { role?: string; external?: boolean; text: string }): ReactNode {
  const size = radius * 2 + 4
  const ring = role === 'offender' ? 'mw-ring-offender' : role === 'victim' ? 'mw-ring-victim' : 'mw-ring'
  return (
    <svg className="mw-node-shape" width={size} height={size} viewBox={`${-size / 2} ${-size / 2} ${size} ${size}`} aria-hidden="true">
      {external ? <rect className={ring} x={-11.5} y={-11.5} width={23} height={23} rx={2} transform="rotate(45)" /> : <circle className={ring} r={radius - 1} />}
      <text className="mw-node-initials" dy="0.36em" textAnchor="middle">{text}</text>
    </svg>
  )
}

// Two letters of a name; of an address, its end.
function initials(label: string, address: string): string {
  if (label !== address && /^[a-z]{2}/i.test(label)) return label.slice(0, 2).toUpperCase()
  return /[.:]([0-9a-f]{1,4})$/i.exec(address)?.[1] ?? ''
}

function NotDrawn({ l, map, onList }: { l: ColumnLayout; map: ActivityMap; onList?: () => void }): ReactNode {
  const left = l.columns.filter((c) => c.left > 0)
  if (left.length === 0 && map.omitted.nodes === 0) return null
  return (
    <p className="mw-columns-left" role="note">
      {left.length > 0 && <>Not drawn: {left.map((c) => `${counted(c.left, 'host')} under “${columnTitle[c.column]}”`).join(', ')}. </>}
      {map.omitted.nodes > 0 && <>{counted(map.omitted.nodes, 'host')} more with {counted(map.omitted.connections, 'conversation')} are not on this map at all. </>}
      {left.length > 0 && onList && <button type="button" className="mw-more" onClick={onList}>Show all as a list</button>}
    </p>
  )
}

function Legend(): ReactNode {
  return (
    <ul className="mw-legend" aria-label="Legend">
      <li><Shape role="offender" text="" />Offender</li>
      <li><Shape role="victim" text="" />Victim</li>
      <li><Shape external text="" />External</li>
      <li><Shape text="" />Other hosts</li>
      <li><span className="mw-key mw-key-hot" />Part of this detection (thick)</li>
    </ul>
  )
}
