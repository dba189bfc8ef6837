import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import { techniqueName, techniqueShort, techniqueURL } from '../../attack/techniques'
import type { Detection } from '../../api/names'
import { useNow } from '../../state/now'
import { lasting } from '../../state/zone'
import { Time } from '../../ui/Time'
import { visible } from '../../ui/Wire'
import { categoryWord } from './words'

/** The four things one asks first. What else there is to know is further down. */
export function Facts({ d }: { d: Detection }): ReactNode {
  return (
    <KeyValuePairs
      columns={4}
      items={[
        { label: 'Category', value: categoryWord(d.category) },
        { label: 'Started', value: <Time at={d.start} label /> },
        { label: d.end ? 'Ended' : 'Last seen', value: <Last d={d} /> },
        { label: 'MITRE technique', value: <Techniques ids={d.techniques ?? []} /> },
      ]}
    />
  )
}

function Last({ d }: { d: Detection }): ReactNode {
  const now = useNow(15_000)
  if (d.end) return <><Time at={d.end} label /> <span className="mw-quiet mw-det-after">after {lasting(Date.parse(d.end) - Date.parse(d.start))}</span></>
  return <><StatusIndicator type="in-progress">Ongoing, {lasting(now - Date.parse(d.start))}</StatusIndicator> <span className="mw-quiet">last <Time at={d.update} label /></span></>
}

/** Techniques as links to where ATT&CK describes them. Nothing is asked of that site before one follows. */
export function Techniques({ ids, brief }: { ids: readonly string[]; brief?: boolean }): ReactNode {
  if (ids.length === 0) return 'None'
  return ids.map((id) => {
    const url = techniqueURL(id)
    const name = brief ? techniqueShort(id) : techniqueName(id)
    const text = `${visible(id, 16)} ${name === id ? '' : name}`.trim()
    return <div key={id} className="mw-technique">{url ? <a className="mw-link" href={url} target="_blank" rel="noreferrer noopener">{text}<span className="mw-hidden"> (at attack.mitre.org, in a new tab)</span> <span aria-hidden="true">↗</span></a> : text}</div>
  })
}
