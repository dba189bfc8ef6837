import type { ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import { DeviceLink } from '../../ui/Link'
import { Time } from '../../ui/Time'
import { Wire } from '../../ui/Wire'

type Identity = Schemas['Identity']

/** What of an identity is shown, in order. */
const shown: [label: string, of: (i: Identity) => string | undefined][] = [
  ['Instance', (i) => [i.instance, i.instance_type].filter(Boolean).join(', ')],
  ['Role', (i) => i.role || i.profile],
  ['Security groups', (i) => i.groups?.join(', ')],
  ['Interface', (i) => [i.interface, i.description].filter(Boolean).join(', ')],
  ['VPC and subnet', (i) => [i.vpc, i.subnet].filter(Boolean).join(', ')],
  ['Account and region', (i) => [i.account, i.region].filter(Boolean).join(', ')],
  ['Auto Scaling group', (i) => i.auto_scaling],
  ['ECS task', (i) => i.task],
  ['Made by', (i) => i.requester],
  ['Public addresses', (i) => i.public_addresses?.join(', ')],
  ['AWS service', (i) => [i.service, i.network].filter(Boolean).join(', ')],
  ['Autonomous system', (i) => [i.asn ? `AS${i.asn}` : '', i.as_name].filter(Boolean).join(' ')],
  ['Country', (i) => i.country],
  ['Tags', (i) => Object.entries(i.tags ?? {}).map(([k, v]) => `${k}=${v}`).join(', ')],
]

/** The rows of an identity that say something. */
export const rowsOf = (i: Identity): [string, string][] => shown.flatMap(([label, of]): [string, string][] => {
  const value = of(i)
  return value ? [[label, value]] : []
})

/** Who the participants were at the time. Of some nothing but the address is known: they are counted. */
export function CloudWho({ of }: { of: readonly Identity[] }): ReactNode {
  const known = of.filter((i) => rowsOf(i).length > 0 || i.name)
  return (
    <section>
      <h3 className="mw-det-h3">Who they were at the time</h3>
      {known.length === 0 && <p className="mw-quiet">Nothing is known of them but their addresses.</p>}
      <div className="mw-det-who">
        {known.map((i) => (
          <div key={i.address} className="mw-det-who-card">
            <div><DeviceLink id={i.interface ?? i.address} name={i.name} address={i.address} /></div>
            <dl className="mw-properties mw-properties-one">
              {rowsOf(i).map(([label, value]) => <div key={label}><dt>{label}</dt><dd><Wire length={160} whole>{value}</Wire></dd></div>)}
              {i.from && <div><dt>Known so</dt><dd>since <Time at={i.from} label />{i.to && <> until <Time at={i.to} label /></>}</dd></div>}
            </dl>
          </div>
        ))}
      </div>
      {known.length > 0 && known.length < of.length && <p className="mw-quiet">Of {of.length - known.length} more nothing is known but the address.</p>}
    </section>
  )
}
