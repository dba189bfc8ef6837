// The map of MITRE ATT&CK: what was seen of which technique, and what is looked for and stayed quiet.
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import Button from '@cloudscape-design/components/button'
import { type ReactNode } from 'react'
import { api, told } from '../../api/client'
import { useRead } from '../../api/read'
import { iso, useSpan } from '../../state/span'
import { useStill } from '../../state/still'
import { useView } from '../../state/url'
import { bandRange, bands, bandWord } from '../../ui/Band'
import { counted, digits } from '../../ui/number'
import { Page } from '../../ui/Page'
import { Read } from '../../ui/Panel'
import { Matrix } from './Matrix'
import { cellsOf, matrix, parentsOf, type Cell, type Seen } from './matrix'
import { Twin } from './Twin'
import './attack.css'

/** Shows techniques under their tactics. */
export default function Attack(): ReactNode {
  const [query, change] = useView()
  const [moving] = useSpan('7d')
  const [span, renew] = useStill(moving, () => true)
  const read = useRead(
    ['detections', 'attack', span.from, span.to],
    async (signal) => {
      const [groups, catalogue] = await Promise.all([
        told(api.POST('/v1/detections/groups', { signal, body: { by: 'technique', limit: 1000, filter: { from: iso(span.from), to: iso(span.to) } } })),
        told(api.GET('/v1/catalogue', { signal })),
      ])
      const parents = parentsOf(groups.items, catalogue.items).slice(0, mostParents)
      const together = await Promise.all(parents.map((id) => withSubs(id, iso(span.from), iso(span.to), signal)))
      const part = [groups, ...together].find((t) => !t.complete)
      return { cells: cellsOf(groups.items, catalogue.items, together), complete: !part, why: part?.why }
    },
    { keep: true, patience: 60_000 },
  )
  const which = query.show === 'seen' ? 'seen' : 'covered'
  const asTable = query.view === 'table'
  return (
    <Page title="ATT&CK map" description="Detections of the time by MITRE ATT&CK technique" span={{ byDefault: '7d' }} of={[{ ...read, again: () => { renew(); read.again() } }]}>
      <Container
        header={
          <Header
            variant="h2" description={read.data ? summary(read.data.cells) : undefined}
            actions={
              <div className="mw-attack-actions">
                <SegmentedControl label="Which techniques" selectedId={which} options={[{ id: 'covered', text: 'Covered' }, { id: 'seen', text: 'Seen' }]} onChange={(e) => change({ show: e.detail.selectedId === 'seen' ? 'seen' : undefined })} />
                <SegmentedControl label="How they are shown" selectedId={asTable ? 'table' : 'matrix'} options={[{ id: 'matrix', text: 'Matrix' }, { id: 'table', text: 'Table' }]} onChange={(e) => change({ view: e.detail.selectedId === 'table' ? 'table' : undefined })} />
              </div>
            }
          >
            Techniques
          </Header>
        }
      >
        <Read of={read} lines={10} empty={(d) => (matrix(d.cells, which).length === 0 ? <Nothing which={which} all={() => change({ show: undefined })} /> : undefined)}>
          {(d) => (asTable ? <Twin cells={which === 'seen' ? d.cells.filter((c) => c.count > 0) : d.cells} at={span.to} /> : <><Legend /><Matrix columns={matrix(d.cells, which)} /></>)}
        </Read>
      </Container>
    </Page>
  )
}

const mostParents = 50 // a question each

// What is seen of a technique and all its sub-techniques: by status, so that one answer says how many of them are open.
async function withSubs(id: string, from: string, to: string, signal: AbortSignal): Promise<Seen & { complete: boolean; why?: string }> {
  const by = await told(api.POST('/v1/detections/groups', { signal, body: { by: 'status', filter: { from, to, techniques: [id] } } }))
  const sum = (of: 'count' | 'open') => by.items.reduce((n, g) => n + g[of], 0)
  return { id, count: sum('count'), open: sum('open'), complete: by.complete, why: by.why }
}

function summary(cells: readonly Cell[]): string {
  const covered = cells.filter((c) => c.types.length > 0)
  const seen = cells.filter((c) => c.count > 0)
  return `${counted(covered.length, 'technique')} looked for, ${digits(seen.length)} seen in this time. One that serves several tactics stands under each.`
}

function Nothing({ which, all }: { which: string; all: () => void }): ReactNode {
  if (which === 'seen') return <>Nothing was seen in this time. Choose a longer time, or <Button variant="inline-link" onClick={all}>show what is looked for</Button></>
  return <>The catalogue names no technique.</>
}

function Legend(): ReactNode {
  return (
    <ul className="mw-attack-legend" aria-label="What the colours mean">
      {bands.map((b) => <li key={b}><span className={`mw-cell-badge mw-band-${b}`}>{bandWord[b]}</span> {bandRange[b]}</li>)}
      <li><span className="mw-cell-badge mw-cell-badge-quiet">Quiet</span> looked for, nothing seen</li>
    </ul>
  )
}
