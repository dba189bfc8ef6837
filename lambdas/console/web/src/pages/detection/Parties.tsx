// Who did it to whom.
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import type { ReactNode } from 'react'
import type { Detection, Device, Participant } from '../../api/names'
import { DeviceLink } from '../../ui/Link'
import { counted } from '../../ui/number'
import { Wire } from '../../ui/Wire'
import { useDevice } from './read'
import { plain } from './words'

/** As many of a side get a card; the others stand in a list. */
const cards = 2

export function Parties({ d }: { d: Detection }): ReactNode {
  const all = d.participants ?? []
  const offenders = all.filter((p) => p.role === 'offender')
  const victims = all.filter((p) => p.role === 'victim')
  if (all.length === 0) return <span className="mw-quiet">It names nobody.</span>
  return (
    <div className="mw-parties">
      {offenders.length > 0 && <Side of={offenders} role="offender" />}
      {offenders.length > 0 && victims.length > 0 && <span className="mw-parties-arrow" aria-hidden="true">→</span>}
      {victims.length > 0 && <Side of={victims} role="victim" />}
    </div>
  )
}

function Side({ of, role }: { of: Participant[]; role: Participant['role'] }): ReactNode {
  const rest = of.slice(cards)
  return (
    <div className="mw-parties-side">
      {of.slice(0, cards).map((p, i) => <Card key={i} p={p} />)}
      {rest.length > 0 && (
        <ExpandableSection variant="inline" headerText={`and ${counted(rest.length, `${role} more`, `${role}s more`)}`}>
          <ul className="mw-parties-rest" tabIndex={0} aria-label={`Other ${role}s`}>
            {rest.map((p, i) => <li key={i}><Name p={p} /></li>)}
          </ul>
        </ExpandableSection>
      )}
    </div>
  )
}

const titles = { offender: 'Offender', victim: 'Victim' } as const

function Card({ p }: { p: Participant }): ReactNode {
  const device = useDevice(p.external ? undefined : p.device)
  return (
    <section className={`mw-party mw-party-${p.role}`} aria-label={titles[p.role]}>
      <div className="mw-party-title"><b>{titles[p.role]}</b> <span className="mw-quiet">{p.external ? 'external' : 'local'}{p.endpoint ? `, ${p.endpoint}` : ''}</span></div>
      <Name p={p} device={device.data} />
      <Facts p={p} device={device.data} />
    </section>
  )
}

function Name({ p, device }: { p: Participant; device?: Device }): ReactNode {
  const name = device?.overrides.name || p.hostname || device?.hostname
  return (
    <div>
      {p.address || p.device ? <DeviceLink id={p.device} name={name} address={p.address} /> : <Wire length={120}>{p.user ?? 'unknown'}</Wire>}
      {p.port ? <span className="mw-quiet">, port {p.port}</span> : null}
    </div>
  )
}

// What is known of it besides its name. What is not known is not there.
function Facts({ p, device }: { p: Participant; device?: Device }): ReactNode {
  const role = device?.overrides.role || device?.role
  const valuable = device?.overrides.high_value ?? device?.high_value
  const tags = Object.entries(p.tags ?? {})
  const places = [p.instance, p.interface, p.vpc, p.account].filter((x): x is string => !!x)
  return (
    <>
      {(role || valuable) && <div>{role && <Wire length={64}>{plain(role)}</Wire>}{role && valuable && ', '}{valuable && <b>high value</b>}</div>}
      {p.user && (p.address || p.device) && <div><span className="mw-quiet">User</span> <Wire length={120}>{p.user}</Wire></div>}
      {places.length > 0 && <div className="mw-quiet">{places.map((x, i) => <span key={i}>{i > 0 && ', '}<Wire mono length={48}>{x}</Wire></span>)}</div>}
      {tags.length > 0 && (
        <ul className="mw-det-tags" aria-label="Tags">
          {tags.slice(0, 6).map(([k, v]) => <li key={k}><Wire length={40}>{`${k}=${v}`}</Wire></li>)}
          {tags.length > 6 && <li>and {tags.length - 6} more</li>}
        </ul>
      )}
    </>
  )
}
