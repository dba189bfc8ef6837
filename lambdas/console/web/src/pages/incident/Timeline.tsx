import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import { useState, type ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Incident } from '../../api/names'
import { tacticName } from '../../attack/tactics'
import { techniqueName } from '../../attack/techniques'
import { useZoneLabel } from '../../ui/Time'
import { lasting } from '../../state/zone'
import { Score } from '../../ui/Band'
import { detectionPath, Go } from '../../ui/Link'
import { counted, digits } from '../../ui/number'
import { Empty } from '../../ui/Panel'
import { Time } from '../../ui/Time'
import { visible, Wire } from '../../ui/Wire'

type Entry = Schemas['IncidentEntry']

const first = 40

/** Detections and calls of AWS APIs, oldest first. */
export function Timeline({ i }: { i: Incident }): ReactNode {
  const [all, showAll] = useState(false)
  const zone = useZoneLabel()
  const shown = all ? i.timeline : i.timeline.slice(0, first)
  const scores = new Map(i.members.map((m) => [m.id, m.score]))
  return (
    <Container header={<Header variant="h2" counter={`(${digits(i.timeline.length)})`} description={`Detections and calls of AWS APIs, oldest first. Times are ${zone}.`}>What happened when</Header>}>
      {shown.length === 0 && <Empty>Nothing is in its timeline.</Empty>}
      <ol className="mw-timeline">
        {shown.map((e, n) => <Entry key={`${e.kind} ${e.ref} ${n}`} e={e} before={shown[n - 1]} score={scores.get(e.ref)} />)}
      </ol>
      {i.timeline.length > first && <Button onClick={() => showAll(!all)} ariaExpanded={all}>{all ? 'Show fewer' : `Show the other ${digits(i.timeline.length - first)}`}</Button>}
      {(i.left ?? 0) > 0 && <p className="mw-quiet">{counted(i.left ?? 0, 'more detection')} of lower risk {i.left === 1 ? 'is' : 'are'} part of it and not listed.</p>}
    </Container>
  )
}

function Entry({ e, before, score }: { e: Entry; before?: Entry; score?: number }): ReactNode {
  const pause = before ? Date.parse(e.time) - Date.parse(before.time) : 0
  return (
    <li className={e.kind === 'call' ? 'mw-timeline-call' : 'mw-timeline-detection'}>
      <div className="mw-timeline-time"><Time at={e.time} />{pause >= 60_000 && <span className="mw-quiet"> {lasting(pause)} later</span>}</div>
      <div className="mw-timeline-text">
        {e.kind === 'detection'
          ? <>{score !== undefined && <><Score score={score} /> </>}<Go to={detectionPath(e.ref)}><Wire length={400}>{e.text}</Wire></Go></>
          : <><span className="mw-incident-chip">AWS call</span> <Wire length={400} whole>{e.text}</Wire></>}
        <div className="mw-quiet">
          {e.tactic && visible(tacticName(e.tactic), 40)}{e.tactic && e.technique && ' · '}
          {e.technique && `${visible(e.technique, 32)} ${techniqueName(e.technique) === e.technique ? '' : techniqueName(e.technique)}`}
          {e.kind === 'call' && <> {(e.tactic || e.technique) && '· '}event <Wire mono length={60}>{e.ref}</Wire></>}
        </div>
      </div>
    </li>
  )
}
