import Button from '@cloudscape-design/components/button'
import type { ReactNode } from 'react'
import type { ActivityMap } from '../api/names'
import { recordsPath, recordsQuery } from '../records/link'
import { written } from '../records/write'
import { DeviceLink, Go } from '../ui/Link'
import { bytes, counted } from '../ui/number'
import { visible, Wire } from '../ui/Wire'
import { addressOf, rolesOf, type MapEdge, type MapNode } from './columns'

/** What a node of an activity map is, what it spoke, and where one can go from it. */
export function NodeCard({ node, map, close }: { node: MapNode; map: ActivityMap; close: () => void }): ReactNode {
  const address = addressOf(node)
  const roles = rolesOf(node)
  const edges = map.edges.filter((e) => e.from === node.id || e.to === node.id)
  const label = (id: string) => map.nodes.find((n) => n.id === id)?.label ?? id
  return (
    <section className="mw-nodecard" aria-label={`What ${visible(node.label, 60)} is`}>
      <header>
        <DeviceLink id={node.device ?? address} name={node.label} address={address} />
        {roles.length > 0 && <span className="mw-quiet">{roles.join(', ')}</span>}
        <Go to={recordsPath} query={recordsQuery({ query: `addr = ${written(address)}`, from: Date.parse(map.from), to: Date.parse(map.to) })}>Its records of this time</Go>
        <Button variant="icon" iconName="close" ariaLabel="Close" onClick={close} />
      </header>
      <ul>
        {edges.slice(0, 8).map((e) => <li key={`${e.from} ${e.to}`}><EdgeWords e={e} here={node.id} label={label} /></li>)}
        {edges.length > 8 && <li>and {edges.length - 8} more, in the list</li>}
      </ul>
    </section>
  )
}

function EdgeWords({ e, here, label }: { e: MapEdge; here: string; label: (id: string) => string }): ReactNode {
  const began = e.from === here
  return (
    <>
      {began ? 'reached ' : 'was reached by '}
      <Wire length={60}>{label(began ? e.to : e.from)}</Wire>
      {e.services.length > 0 && <> by <Wire length={80}>{e.services.join(', ')}</Wire></>}
      {e.connections > 0 ? `: ${counted(e.connections, 'conversation')}, ` : ': under way, '}
      {bytes(e.bytes_sent)} there, {bytes(e.bytes_received)} back
      {e.hot && <b> (part of this detection)</b>}
    </>
  )
}
