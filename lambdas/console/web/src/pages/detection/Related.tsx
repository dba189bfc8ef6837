import type { ReactNode } from 'react'
import { Score } from '../../ui/Band'
import { detectionPath, Go } from '../../ui/Link'
import { Panel } from '../../ui/Panel'
import { Time, useZoneLabel } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import type { useRelated } from './read'
import { statusWord } from './words'

const first = 8

/** Detections that have to do with this one, and why. */
export function Related({ of, all, showAll }: { of: ReturnType<typeof useRelated>; all: boolean; showAll: () => void }): ReactNode {
  const zone = useZoneLabel()
  return (
    <Panel
      title="Related detections"
      count={(r) => r.items.length}
      description="Within seven days before and after, the closest first"
      of={of}
      empty={(r) => (r.items.length === 0 ? 'No other detection within seven days has the same offender or victim. That may mean that it stands alone, or that it is the first.' : undefined)}
    >
      {(r) => (
        <div className="mw-twin-plain" role="region" tabIndex={0} aria-label="Related detections, as a table">
          <table className="mw-det-table">
            <thead><tr><th scope="col">Risk</th><th scope="col">Detection</th><th scope="col">Why related</th><th scope="col">Started ({zone})</th><th scope="col">Status</th></tr></thead>
            <tbody>
              {(all ? r.items : r.items.slice(0, first)).map(({ detection: d, reasons }) => (
                <tr key={d.id}>
                  <td><Score score={d.risk.score} /></td>
                  <td><Go to={detectionPath(d.id)}><Wire length={100}>{d.title}</Wire></Go><div className="mw-quiet"><Wire length={160}>{d.description}</Wire></div></td>
                  <td>{reasons.map((x, i) => <div key={i}><Wire length={200}>{x.text}</Wire></div>)}</td>
                  <td><Time at={d.start} /></td>
                  <td>{statusWord[d.status]}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {r.items.length > first && !all && <button type="button" className="mw-more" onClick={showAll}>all {r.items.length}</button>}
        </div>
      )}
    </Panel>
  )
}
