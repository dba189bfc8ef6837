import type { ReactNode } from 'react'
import type { ActivityMap } from '../api/names'
import { DeviceLink } from '../ui/Link'
import { bytes, digits } from '../ui/number'
import { Wire } from '../ui/Wire'
import { addressOf, rolesOf, type MapEdge, type MapNode } from './columns'
import './charts.css'
import './columns.css'

/** Everything that an activity map draws, and what it leaves out, in rows: what the detection is about first. */
export function ColumnMapList({ map }: { map: ActivityMap }): ReactNode {
  const nodes = new Map(map.nodes.map((n) => [n.id, n]))
  const edges = map.edges.toSorted((a, b) => Number(b.hot) - Number(a.hot) || b.connections - a.connections)
  return (
    <div className="mw-twin mw-twin-tall" role="region" tabIndex={0} aria-label="Activity map, as a list">
      <table>
        <caption className="mw-hidden">Who reached whom</caption>
        <thead>
          <tr>
            <th scope="col">From</th><th scope="col">To</th><th scope="col">Services</th><th scope="col">Conversations</th>
            <th scope="col">Sent</th><th scope="col">Received</th><th scope="col">Part of this detection</th>
          </tr>
        </thead>
        <tbody>{edges.map((e) => <Row key={`${e.from} ${e.to}`} e={e} nodes={nodes} />)}</tbody>
      </table>
    </div>
  )
}

function Row({ e, nodes }: { e: MapEdge; nodes: Map<string, MapNode> }): ReactNode {
  return (
    <tr>
      <td><Host node={nodes.get(e.from)} /></td>
      <td><Host node={nodes.get(e.to)} /></td>
      <td>{e.services.length > 0 ? <Wire length={80}>{e.services.join(', ')}</Wire> : '–'}</td>
      <td>{e.connections > 0 ? digits(e.connections) : 'under way'}</td>
      <td>{bytes(e.bytes_sent)}</td>
      <td>{bytes(e.bytes_received)}</td>
      <td>{e.hot ? <b>yes</b> : 'no'}</td>
    </tr>
  )
}

function Host({ node }: { node?: MapNode }): ReactNode {
  if (!node) return '–'
  const words = rolesOf(node)
  return (
    <>
      <DeviceLink id={node.device ?? addressOf(node)} name={node.label} address={addressOf(node)} />
      {words.length > 0 && <div className="mw-quiet">{words.join(', ')}</div>}
    </>
  )
}
