// Incidents: detections that belong together, as one story each.
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import { useRef, type ReactNode } from 'react'
import { useKeys } from '../../state/keys'
import { useSpan } from '../../state/span'
import { useStill } from '../../state/still'
import { useView } from '../../state/url'
import { Go } from '../../ui/Link'
import { digits } from '../../ui/number'
import { Page } from '../../ui/Page'
import { Read } from '../../ui/Panel'
import { Card } from './Card'
import { Filters } from './Filters'
import { filtered, readFilter, writeFilter } from './filter'
import { useIncidents } from './ask'
import './incidents.css'

/** Lists incidents, newest or worst first. */
export default function Incidents(): ReactNode {
  const [query, change] = useView()
  const [moving] = useSpan('7d')
  const filter = readFilter(query)
  const list = useRef<HTMLDivElement>(null)
  const several = useRef(false)
  const [span, renew] = useStill(moving, () => scrollY < 100 && !several.current && !list.current?.contains(document.activeElement))
  const read = useIncidents(filter, span)
  several.current = read.pages > 1
  const pages = { ...read, again: () => { renew(); read.again() } }
  const step = (by: number) => move(list.current, by)
  useKeys([
    { key: 'j', does: 'Next incident', run: () => step(1) },
    { key: 'k', does: 'Incident before', run: () => step(-1) },
  ])
  const clear = () => change(writeFilter({ text: '', participant: '', bands: [] }), { push: true })
  const n = pages.data?.items.length
  return (
    <Page
      title="Incidents" description="Detections that belong together, each as one story" span={{ byDefault: '7d' }} of={[pages]}
      counter={n === undefined ? undefined : `${digits(n)}${pages.more ? '+' : ''}`}
    >
      <Container header={<Filters filter={filter} change={(f) => change(writeFilter(f), { push: true })} clear={filtered(filter) ? clear : undefined} />}>
        <Read of={pages} lines={8} empty={(d) => (d.items.length === 0 ? <Nothing filtered={filtered(filter)} clear={clear} /> : undefined)}>
          {(d) => (
            <div ref={list} className="mw-incidents">
              {d.items.map((i) => <Card key={i.id} of={i} />)}
              {pages.more && <Button onClick={pages.more} loading={pages.bringing} loadingText="Loading more">Show more</Button>}
            </div>
          )}
        </Read>
      </Container>
    </Page>
  )
}

function Nothing({ filtered: narrowed, clear }: { filtered: boolean; clear: () => void }): ReactNode {
  if (narrowed) return <>No incident of this time matches. <Button variant="inline-link" onClick={clear}>Clear filters</Button></>
  return <>No incident began in this time. What does not belong together with anything, and is of low risk, is in the <Go to="/detections">detections</Go> alone.</>
}

/** Focuses the title after or before the one that has the focus. */
export function move(list: HTMLElement | null, by: number): void {
  const links = [...(list?.querySelectorAll<HTMLAnchorElement>('.mw-incident-title a') ?? [])]
  const at = links.findIndex((l) => l.closest('.mw-incident')?.contains(document.activeElement))
  const next = links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + by))]
  next?.focus()
  next?.scrollIntoView?.({ block: 'nearest' })
}
