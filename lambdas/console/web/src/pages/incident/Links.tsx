// Why the detections of an incident belong together: each link in words, and arcs that show the shape at a glance.
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import { useState, type ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import type { Incident } from '../../api/names'
import { Arcs } from '../../charts/Arcs'
import { Score } from '../../ui/Band'
import { detectionPath, Go } from '../../ui/Link'
import { digits } from '../../ui/number'
import { Time } from '../../ui/Time'
import { Wire } from '../../ui/Wire'

type Link = Schemas['IncidentLink']
type Member = Schemas['IncidentMember']

export const kindText: Record<Link['kind'], string> = {
  chain: 'Whom it hit, attacks', same_offender: 'Same offender', same_session: 'Same AWS session', same_victim: 'Same victim',
}

const rowHeight = 30
const mostRows = 40 // more would be a curtain of arcs; the list of links has all
const first = 20

export function Links({ i }: { i: Incident }): ReactNode {
  const links = i.links ?? []
  const [bright, light] = useState<Link>()
  const [all, showAll] = useState(false)
  const titles = new Map(i.members.map((m) => [m.id, m.title]))
  const shown = all ? links : links.slice(0, first)
  return (
    <Container header={<Header variant="h2" counter={`(${digits(links.length)})`}>Why it belongs together</Header>}>
      {links.length === 0 ? <Box color="text-body-secondary">{i.members.length === 1 ? 'It is one detection, which matters by itself.' : 'No link is named.'}</Box> : (
        <div className="mw-links">
          {i.members.length <= mostRows && <Shape members={i.members} links={links} bright={bright} />}
          <ol className="mw-links-list">
            {shown.map((l) => (
              <li key={`${l.from} ${l.to} ${l.kind}`} onPointerEnter={() => light(l)} onPointerLeave={() => light(undefined)} onFocus={() => light(l)} onBlur={() => light(undefined)}>
                <span className="mw-incident-chip">{kindText[l.kind] ?? l.kind}</span> <Wire length={400}>{l.reason}</Wire>
                <div><End id={l.from} titles={titles} /> <span aria-hidden="true">→</span><span className="mw-hidden">then</span> <End id={l.to} titles={titles} /></div>
              </li>
            ))}
            {links.length > first && <li><Button onClick={() => showAll(!all)} ariaExpanded={all}>{all ? 'Show fewer' : `Show the other ${digits(links.length - first)}`}</Button></li>}
          </ol>
        </div>
      )}
    </Container>
  )
}

function End({ id, titles }: { id: string; titles: ReadonlyMap<string, string> }): ReactNode {
  return <Go to={detectionPath(id)}><Wire length={80}>{titles.get(id) ?? 'a detection that is not listed'}</Wire></Go>
}

function Shape({ members, links, bright }: { members: readonly Member[]; links: readonly Link[]; bright?: Link }): ReactNode {
  return (
    <div className="mw-links-shape" aria-hidden="true">
      <Arcs rows={members.map((m) => m.id)} links={links} height={rowHeight} bright={bright} className={(l) => (l.kind === 'chain' ? '' : 'mw-arc-dashed')} />
      <div>
        {members.map((m) => (
          <div key={m.id} className={`mw-links-row${bright && (bright.from === m.id || bright.to === m.id) ? ' mw-links-bright' : ''}`}><Time at={m.start} /> <Score score={m.score} /> <Wire length={60}>{m.title}</Wire></div>
        ))}
        <div className="mw-quiet">Solid: a victim attacks in its turn. Dashed: the same party.</div>
      </div>
    </div>
  )
}
