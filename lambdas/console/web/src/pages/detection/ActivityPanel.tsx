// How the detection itself came to be and went on: every alert of its detector.
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import { useState, type ReactNode } from 'react'
import type { Detection } from '../../api/names'
import { Score } from '../../ui/Band'
import { Time, useZoneLabel } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import { digits } from '../../ui/number'

const first = 5
const most = 200

export function ActivityPanel({ d }: { d: Detection }): ReactNode {
  const [all, showAll] = useState(false)
  const zone = useZoneLabel()
  const list = (d.activity ?? []).toReversed()
  if (list.length === 0) return null
  return (
    <Container header={<Header variant="h2" counter={`(${digits(list.length)})`} description={`What its detector said, the newest first. Times in ${zone}`}>Its own activity</Header>}>
      <Strip d={d} />
      <ol className="mw-det-timeline">
        {list.slice(0, all ? most : first).map((a, i) => (
          <li key={i}><Time at={a.time} /> <Score score={a.score} /> <span><Wire length={300} whole>{a.description}</Wire></span></li>
        ))}
      </ol>
      {list.length > first && <button type="button" className="mw-more" aria-expanded={all} onClick={() => showAll(!all)}>{all ? 'fewer' : `all ${digits(Math.min(list.length, most))}`}</button>}
      {all && list.length > most && <span className="mw-quiet"> and {digits(list.length - most)} older</span>}
    </Container>
  )
}

// A mark for each alert between start and end; the list below says the same.
function Strip({ d }: { d: Detection }): ReactNode {
  const times = (d.activity ?? []).map((a) => Date.parse(a.time))
  const from = Math.min(Date.parse(d.start), ...times)
  const to = Math.max(Date.parse(d.end ?? d.update), ...times)
  if (times.length < 3 || to <= from) return null
  return (
    <svg className="mw-det-strip" width="100%" height="26" aria-hidden="true" focusable="false">
      <line x1="0" x2="100%" y1="20" y2="20" />
      {times.slice(-1000).map((t, i) => <rect key={i} x={`${((t - from) / (to - from)) * 99.6}%`} y="4" width="3" height="16" rx="1" />)}
    </svg>
  )
}
