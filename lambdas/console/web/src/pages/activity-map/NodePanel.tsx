// What is known of one node, beside the map.
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { lineKey } from '../../charts/siteMap'
import { recordsPath, recordsQuery } from '../../records/link'
import { useKept } from '../../state/kept'
import type { Query } from '../../state/url'
import { Score } from '../../ui/Band'
import { Go, devicePath } from '../../ui/Link'
import { bytes, counted, digits } from '../../ui/number'
import { visible, Wire } from '../../ui/Wire'
import { addressOf, heatOf, type Heat } from './heat'
import { expansion, type MapEdge, type MapNode, type Merged } from './merge'

interface Props {
  node: MapNode
  map: Merged
  heat: ReadonlyMap<string, Heat>
  expanded: boolean
  excludable: boolean
  expand: (id: string, on: boolean) => void
  exclude: (address: string) => void
  select: (id: string | undefined) => void
  point: (line: string | undefined) => void
}

const most = 12 // conversations that are listed here; the list beside the map has all

export function NodePanel({ node, map, heat, expanded, excludable, expand, exclude, select, point }: Props): ReactNode {
  const kept = useKept()
  const h = heatOf(node, heat)
  const address = addressOf(node)
  return (
    <Container header={<Header variant="h2" actions={<Button variant="icon" iconName="close" ariaLabel="Close" onClick={() => select(undefined)} />}><Wire length={80}>{node.label}</Wire></Header>}>
      <SpaceBetween size="m">
        <KeyValuePairs
          columns={2}
          items={[
            { label: node.addresses > 1 ? 'Stands for' : 'Address', value: node.addresses > 1 ? counted(node.addresses, 'address', 'addresses') : <Wire mono length={60}>{address ?? node.id}</Wire> },
            { label: 'Where', value: node.external ? 'Outside' : 'Inside' },
            { label: 'Conversations', value: digits(node.connections) },
            { label: 'Detections', value: h ? <Hot heat={h} to={detectionsQuery(node, address)} kept={kept} /> : 'None in this time' },
          ]}
        />
        <SpaceBetween size="s" direction="horizontal">
          {node.device && <Go to={devicePath(node.device)}>Device</Go>}
          {address && <Go to={recordsPath} query={{ ...kept, ...recordsQuery({ query: `addr = ${address}` }), from: kept.from, to: kept.to }}>Records</Go>}
          {node.device && node.addresses === 1 && <Go to="/activity-map" query={{ ...kept, device: node.device }}>Map of it alone</Go>}
        </SpaceBetween>
        <SpaceBetween size="xs" direction="horizontal">
          <Button disabled={!expansion(node)} disabledReason="A group of several cannot be expanded. Show each device first." onClick={() => expand(node.id, !expanded)}>
            {expanded ? 'Hide its peers' : 'Show its peers'}
          </Button>
          <Button disabled={!address || !excludable} disabledReason={address ? 'As many are left out as can be.' : 'Only an address can be left out.'} onClick={() => address && exclude(address)}>Leave it out</Button>
        </SpaceBetween>
        <Talks node={node} map={map} select={select} point={point} />
      </SpaceBetween>
    </Container>
  )
}

function Hot({ heat, to, kept }: { heat: Heat; to: Query; kept: Query }): ReactNode {
  const n = heat.asOffender + heat.asVictim + heat.inAny
  return <Go to="/detections" query={{ ...kept, ...to }}><Score score={heat.score} /> {counted(n, 'detection')}{heat.asOffender > 0 ? `, ${digits(heat.asOffender)} as offender` : ''}</Go>
}

const detectionsQuery = (n: MapNode, address: string | undefined): Query =>
  n.id.startsWith('vpc:') ? { 'participant.vpc': n.id.slice(4) } : address ? { 'participant.address': address } : { 'participant.device': n.device }

function Talks({ node, map, select, point }: Pick<Props, 'node' | 'map' | 'select' | 'point'>): ReactNode {
  const names = new Map(map.nodes.map((n) => [n.id, n.label]))
  const mine = map.edges.filter((e) => e.from === node.id || e.to === node.id).sort((a, b) => b.connections - a.connections)
  if (mine.length === 0) return <Box color="text-body-secondary">It spoke with nobody who is drawn.</Box>
  return (
    <section aria-label="Conversations of this node">
      <Box variant="h3" padding={{ bottom: 'xxs' }}>Spoke with</Box>
      <ul className="mw-talks">
        {mine.slice(0, most).map((e) => (
          <li key={lineKey(e)} onPointerEnter={() => point(lineKey(e))} onPointerLeave={() => point(undefined)} onFocus={() => point(lineKey(e))} onBlur={() => point(undefined)}>
            <Talk edge={e} of={node.id} name={names.get(e.from === node.id ? e.to : e.from)} select={select} />
          </li>
        ))}
      </ul>
      {mine.length > most && <span className="mw-quiet">{counted(mine.length - most, 'more')} in the list</span>}
    </section>
  )
}

function Talk({ edge: e, of, name, select }: { edge: MapEdge; of: string; name?: string; select: (id: string) => void }): ReactNode {
  const other = e.from === of ? e.to : e.from
  const how = e.from === e.to ? 'among itself' : e.from === of ? 'asked' : 'was asked by'
  const services = e.services.slice(0, 4).map((s) => visible(s, 24)).join(', ')
  return (
    <>
      <span className="mw-quiet">{how}</span>{' '}
      {other !== of && <button type="button" className="mw-more" onClick={() => select(other)}>{visible(name ?? other, 40)}</button>}
      <div className="mw-quiet">{counted(e.connections, 'conversation')}{services && ` · ${services}${e.services.length > 4 ? ' …' : ''}`} · {bytes(e.bytes_sent + e.bytes_received)}</div>
    </>
  )
}
