import { useState, type ReactNode } from 'react'
import type { Detection } from '../../api/names'
import { Wire } from '../../ui/Wire'
import { propertiesOf, type Property } from './properties'

const first = 12
const mostValues = 12

/** What the detector measured, in a list. */
export function Properties({ d }: { d: Detection }): ReactNode {
  const [all, showAll] = useState(false)
  const list = propertiesOf(d.properties)
  if (list.length === 0) return null
  const long = list.length > first + 4 // hiding two or three would cost more than it saves
  return (
    <div>
      <h3 className="mw-det-h3">What the detector measured</h3>
      <dl className="mw-properties">
        {(all || !long ? list : list.slice(0, first)).map((p) => (
          <div key={p.name}>
            <dt><Wire length={64}>{p.name}</Wire></dt>
            <dd><Values p={p} /></dd>
          </div>
        ))}
      </dl>
      {long && <button type="button" className="mw-more" aria-expanded={all} onClick={() => showAll(!all)}>{all ? 'fewer' : `all ${list.length}`}</button>}
    </div>
  )
}

function Values({ p }: { p: Property }): ReactNode {
  if (p.ours) return p.values[0]
  return (
    <>
      {p.values.slice(0, mostValues).map((v, i) => <span key={i}>{i > 0 && ', '}<Wire mono={p.mono} length={160} whole>{v}</Wire></span>)}
      {p.values.length > mostValues && <span className="mw-quiet"> and {p.values.length - mostValues} more</span>}
    </>
  )
}
