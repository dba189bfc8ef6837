import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { IncidentSummary } from '../../api/names'
import type { Schemas } from '../../api/client'
import { Tactics } from '../../attack/Tactics'
import { lasting } from '../../state/zone'
import { Score } from '../../ui/Band'
import { DeviceLink, Go } from '../../ui/Link'
import { counted } from '../../ui/number'
import { Time } from '../../ui/Time'
import { Wire } from '../../ui/Wire'

type Party = Schemas['IncidentParty']

export const incidentPath = (id: string): string => `/incidents/${encodeURIComponent(id)}`

/** One incident of the list: what happened, to whom, how bad. */
export function Card({ of: i }: { of: IncidentSummary }): ReactNode {
  return (
    <article className="mw-incident" aria-labelledby={`incident-${i.id}`}>
      <Score score={i.score} large />
      <div className="mw-incident-main">
        <h3 id={`incident-${i.id}`} className="mw-incident-title"><Go to={incidentPath(i.id)}><Wire length={200}>{i.title}</Wire></Go></h3>
        <p className="mw-incident-text"><Wire length={320}>{i.description}</Wire></p>
        <p className="mw-incident-parties"><Parties list={i.offenders} none="nobody known" /> <span aria-hidden="true">→</span><span className="mw-hidden">against</span> <Parties list={i.victims} none="nobody in particular" /></p>
        <Tactics ids={i.tactics} />
      </div>
      <div className="mw-incident-side">
        <span><Time at={i.start} label /></span>
        {i.end === undefined
          ? <StatusIndicator type="in-progress">Goes on, last active <Time at={i.update} /></StatusIndicator>
          : <span className="mw-quiet">lasted {lasting(Date.parse(i.end) - Date.parse(i.start))}</span>}
        <span>{counted(i.detections, 'detection')}</span>
      </div>
    </article>
  )
}

const shown = 3

function Parties({ list, none }: { list: readonly Party[]; none: string }): ReactNode {
  const parties = distinct(list)
  if (parties.length === 0) return <span className="mw-quiet">{none}</span>
  return (
    <>
      {parties.slice(0, shown).map((p, i) => (
        <span key={keyOf(p)}>{i > 0 && ', '}<DeviceLink id={p.device} name={p.name} address={p.address ?? p.instance} /></span>
      ))}
      {parties.length > shown && <span className="mw-quiet"> and {counted(parties.length - shown, 'other')}</span>}
    </>
  )
}

const keyOf = (p: Party) => [p.name, p.address ?? p.instance ?? p.device].filter(Boolean).join(' ')

/** One address may have been several devices, at several observation points: in a list's line it is named once. */
export const distinct = (list: readonly Party[]): Party[] => [...new Map(list.map((p) => [keyOf(p), p])).values()]
