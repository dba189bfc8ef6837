import type { ReactNode } from 'react'
import { tacticName } from '../../attack/tactics'
import type { Detection, Incident } from '../../api/names'
import { Score } from '../../ui/Band'
import { detectionPath, Go } from '../../ui/Link'
import { Time } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import { KeptPanel } from './KeptPanel'
import { useIncident } from './read'

const most = 30

/** The incident that the detection is part of, and what happened in it, oldest first. */
export function IncidentPanel({ d }: { d: Detection }): ReactNode {
  const id = d.context?.incident
  const incident = useIncident(id)
  if (!id) return null
  return (
    <KeptPanel title="Its incident" description="Detections and calls of AWS APIs that belong together, oldest first" of={incident} actions={<Go to={`/incidents/${encodeURIComponent(incident.data?.id ?? id)}`}>Open the incident</Go>}>
      {(i) => <Story i={i} d={d} asked={id} />}
    </KeptPanel>
  )
}

function Story({ i, d, asked }: { i: Incident; d: Detection; asked: string }): ReactNode {
  const title = <><Score score={i.score} /> <Go to={`/incidents/${encodeURIComponent(i.id)}`}><b><Wire length={200}>{i.title}</Wire></b></Go></>
  return (
    <>
      <p>{title}</p>
      {i.id !== asked && <p className="mw-quiet">The incident <Wire mono length={80}>{asked}</Wire>, which the detection names, was merged into this one.</p>}
      <p><Wire length={1200} whole>{i.description}</Wire></p>
      <ol className="mw-det-timeline">
        {around(i, d.id).map((e, n) => (
          <li key={n} className={e.ref === d.id ? 'mw-det-timeline-here' : undefined} aria-current={e.ref === d.id ? 'true' : undefined}>
            <Time at={e.time} />
            <span>
              {e.kind === 'call' && <span className="mw-det-chip">AWS API call</span>}
              {e.ref === d.id && <span className="mw-det-chip mw-det-chip-here">This detection</span>}{' '}
              {e.kind === 'detection' && e.ref !== d.id ? <Go to={detectionPath(e.ref)}><Wire length={240}>{e.text}</Wire></Go> : <Wire length={240}>{e.text}</Wire>}
              {e.tactic && <span className="mw-quiet"> · {tacticName(e.tactic)}</span>}
            </span>
          </li>
        ))}
      </ol>
      {i.timeline.length > most && <p className="mw-quiet">{most} of {i.timeline.length} entries, those around this detection. <Go to={`/incidents/${encodeURIComponent(i.id)}`}>All of them</Go></p>}
    </>
  )
}

// Of a long story, what is around this detection.
function around(i: Incident, id: string): Incident['timeline'] {
  const at = Math.max(0, i.timeline.findIndex((e) => e.ref === id))
  const from = Math.max(0, Math.min(at - most / 2, i.timeline.length - most))
  return i.timeline.slice(from, from + most)
}
