import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { Incident } from '../../api/names'
import { Tactics } from '../../attack/Tactics'
import { techniqueName } from '../../attack/techniques'
import { iso } from '../../state/span'
import { lasting } from '../../state/zone'
import { Copy } from '../../ui/Copy'
import { Go } from '../../ui/Link'
import { counted } from '../../ui/number'
import { Time } from '../../ui/Time'
import { visible, Wire } from '../../ui/Wire'

/** When, how much, by which ways. */
export function Facts({ i }: { i: Incident }): ReactNode {
  const n = i.members.length + (i.left ?? 0)
  return (
    <>
      <KeyValuePairs
        columns={3} minColumnWidth={190}
        items={[
          { label: 'Began', value: <Time at={i.start} label /> },
          {
            label: i.end === undefined ? 'Last active' : 'Ended',
            value: i.end === undefined ? <><Time at={i.update} label /> <StatusIndicator type="in-progress">Goes on</StatusIndicator></> : <><Time at={i.end} label />, after {lasting(Date.parse(i.end) - Date.parse(i.start))}</>,
          },
          { label: 'Made of', value: <Made i={i} n={n} /> },
        ]}
      />
      <div className="mw-incident-facts">
        <KeyValuePairs
          columns={1}
          items={[
            { label: 'Tactics, as they came', value: <Tactics ids={i.tactics} /> },
            { label: 'Techniques', value: <Techniques ids={i.techniques} /> },
            { label: 'Id', value: <span className="mw-incident-id"><Wire mono length={80}>{i.id}</Wire> <Copy text={i.id} what="Id" /></span> },
            ...(i.aliases && i.aliases.length > 0 ? [{ label: 'Merged into it', value: <Aliases ids={i.aliases} /> }] : []),
          ]}
        />
      </div>
    </>
  )
}

const mostInLink = 50 // a longer list of ids makes no good URL

function Made({ i, n }: { i: Incident; n: number }): ReactNode {
  const text = counted(n, 'detection')
  if (i.members.length > mostInLink) return text
  return <Go to="/detections" query={{ id: i.members.map((m) => m.id).join(','), ...around(i), hidden: 'include' }}>{text}</Go>
}

// The time of an incident, a minute longer on both sides.
const around = (i: Incident) => ({ from: iso(Date.parse(i.start) - 60_000), to: iso(Date.parse(i.update) + 60_000) })

function Techniques({ ids }: { ids: readonly string[] }): ReactNode {
  if (ids.length === 0) return <span className="mw-quiet">None is known</span>
  return (
    <ul className="mw-techniques">
      {ids.map((id) => <li key={id}><Go to="/detections" query={{ technique: id, last: '31d' }}>{visible(id, 32)}{techniqueName(id) !== id && ` ${techniqueName(id)}`}</Go></li>)}
    </ul>
  )
}

function Aliases({ ids }: { ids: readonly string[] }): ReactNode {
  return (
    <>
      {counted(ids.length, 'earlier incident')}
      <details>
        <summary>Ids</summary>
        <ul className="mw-incident-plain">{ids.map((id) => <li key={id}><Wire mono length={80}>{id}</Wire></li>)}</ul>
      </details>
    </>
  )
}
