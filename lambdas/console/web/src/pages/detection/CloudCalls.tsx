import type { ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import { Time, useZoneLabel } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import { Techniques } from './Facts'
import { signed } from './risk'

type Call = Schemas['ContextCall']
type Term = Schemas['Term']

/** Calls of AWS APIs that have to do with the detection, the most relevant first. */
export function CloudCalls({ of, adjustments }: { of: readonly Call[]; adjustments: readonly Term[] }): ReactNode {
  const zone = useZoneLabel()
  if (of.length === 0) return null
  return (
    <section>
      <h3 className="mw-det-h3">Calls of AWS APIs</h3>
      <div className="mw-twin-plain" role="region" tabIndex={0} aria-label="Calls of AWS APIs, as a table">
        <table className="mw-det-table">
          <thead><tr><th scope="col">Time ({zone})</th><th scope="col">Call</th><th scope="col">By</th><th scope="col">Why it matters here</th><th scope="col">Relevance</th></tr></thead>
          <tbody>{of.map((c) => <Row key={c.event} c={c} adjustment={adjustments.find((t) => t.name === c.adjustment)} />)}</tbody>
        </table>
      </div>
    </section>
  )
}

function Row({ c, adjustment }: { c: Call; adjustment?: Term }): ReactNode {
  return (
    <tr>
      <td><Time at={c.time} /></td>
      <td>
        <b><Wire length={80}>{c.name}</Wire></b> <span className="mw-quiet"><Wire length={60}>{c.service}</Wire></span>
        <div><Wire length={240} whole>{c.summary}</Wire></div>
        {c.error && <div>Failed: <Wire length={160}>{c.error}</Wire></div>}
        {c.resources && c.resources.length > 0 && <div className="mw-quiet"><Wire length={160} whole>{c.resources.join(', ')}</Wire></div>}
      </td>
      <td><Wire length={100} whole>{c.principal}</Wire>{c.address && <div className="mw-quiet">from <Wire mono length={60}>{c.address}</Wire></div>}</td>
      <td>
        <Wire length={300}>{c.reason}</Wire>
        {adjustment && <div><b>{signed(adjustment.points)}</b> points of the risk</div>}
        {c.technique && <Techniques ids={[c.technique]} />}
      </td>
      <td>{c.relevance} of 100</td>
    </tr>
  )
}
