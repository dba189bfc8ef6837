// The page of one device: who it is, what it is accused of, how it behaves, with whom, and what is known of it.
import { useQueryClient } from '@tanstack/react-query'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState, type ReactNode } from 'react'
import { useParams } from 'wouter'
import type { Device as TheDevice } from '../../api/names'
import { nameOf, recordsOfDevice } from '../../devices/device'
import { filterQuery } from '../../detections/query'
import { recordsPath, recordsQuery } from '../../records/link'
import { comparison } from '../../records/write'
import { useSpan, type Span } from '../../state/span'
import { useStill } from '../../state/still'
import { useView } from '../../state/url'
import { Copy } from '../../ui/Copy'
import { Go } from '../../ui/Link'
import { May } from '../../ui/May'
import { Page } from '../../ui/Page'
import { Empty, Read } from '../../ui/Panel'
import { visible, Wire } from '../../ui/Wire'
import { Candidates } from './Candidates'
import { Coverage } from './Coverage'
import { useDevice, type Found } from './data'
import { Detections } from './Detections'
import { Edit } from './Edit'
import { Facts } from './Facts'
import { Identity } from './Identity'
import { Metrics } from './Metrics'
import { Peers } from './Peers'
import { LastRecords } from './LastRecords'
import { Services } from './Services'
import { Software } from './Software'
import './device.css'

export default function Device(): ReactNode {
  const id = decoded(useParams().id ?? '')
  const [view] = useView()
  const found = useDevice(id, view.vni)
  const [span, renew] = useStill(useSpan()[0], () => true, 5 * 60_000)
  const queries = useQueryClient()
  const [editing, edit] = useState(false)
  const d = found.data && 'device' in found.data ? found.data.device : undefined
  const again = () => {
    renew()
    for (const key of ['device', 'devices', 'detections', 'coverage', 'records']) void queries.invalidateQueries({ queryKey: [key] })
  }
  const refreshed = { ...found, again }
  const name = d ? nameOf(d) : id
  return (
    <Page
      title={<Wire length={120}>{name}</Wire>} tab={visible(name, 80)} within={[{ text: 'Devices', to: '/devices' }]} span of={[refreshed]}
      description={d && <Which d={d} />} actions={d && <May op="updateDevice" onClick={() => edit(true)}>Edit</May>}
    >
      {found.state === 'failed' && found.problem?.status === 404 ? <Nobody id={id} /> : <Read of={found} lines={8}>
        {(f: Found) => ('device' in f ? <Panels d={f.device} span={span} edit={() => edit(true)} /> : <Candidates of={f.candidates} complete={f.complete} address={id} />)}
      </Read>}
      {d && editing && <Edit d={d} close={() => edit(false)} />}
    </Page>
  )
}

// wouter gives parameters as they are in the path or decoded, by where they come from: what cannot be decoded stays.
function decoded(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return id
  }
}

function Nobody({ id }: { id: string }): ReactNode {
  return (
    <Empty>
      <b>No device has the id or the address <Wire mono length={100}>{id}</Wire>.</b> It may never have been heard by a sensor, or so long ago that it was forgotten.
      <ul className="mw-jumps mw-nobody" aria-label="Where it may be">
        <li><Go to="/devices" query={{ text: id.slice(0, 200) }}>Look for it among all devices</Go></li>
        <li><Go to={recordsPath} query={{ ...recordsQuery({ query: comparison({ field: 'any', op: '=', value: id.split('/').at(-1) ?? id }) }), last: '31d' }}>Look for it in the records of 31 days</Go></li>
      </ul>
    </Empty>
  )
}

function Which({ d }: { d: TheDevice }): ReactNode {
  return (
    <span className="mw-which">
      <span><Wire mono>{d.address}</Wire> <Copy text={d.address} what="Address" /></span>
      {d.id !== d.address && <span>id <Wire mono>{d.id}</Wire> <Copy text={d.id} what="Id" /></span>}
      <span>{d.external ? 'Outside the local networks' : 'Within the local networks'}</span>
    </span>
  )
}

function Panels({ d, span, edit }: { d: TheDevice; span: Span; edit: () => void }): ReactNode {
  return (
    <SpaceBetween size="l">
      <Jumps d={d} />
      <Facts d={d} edit={edit} />
      <Detections d={d} />
      <Metrics d={d} span={span} />
      <Peers d={d} span={span} />
      <Services d={d} />
      <Software d={d} />
      <Identity d={d} />
      <Coverage d={d} />
      <LastRecords d={d} span={span} />
    </SpaceBetween>
  )
}

/** Where else something of the device is. */
function Jumps({ d }: { d: TheDevice }): ReactNode {
  return (
    <ul className="mw-jumps" aria-label="Elsewhere">
      <li><Go to={recordsPath} query={recordsQuery({ query: recordsOfDevice(d) })}>All of its records</Go></li>
      <li><Go to="/detections" query={{ ...filterQuery({ participant: { devices: [d.id] } }), last: '31d' }}>All of its detections</Go></li>
      <li><Go to="/activity-map" query={{ device: d.id }}>Activity map around it</Go></li>
    </ul>
  )
}
