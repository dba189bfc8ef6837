// The map or its list, with the time below and the node that is looked at beside.
import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useMemo, useState, type ReactNode } from 'react'
import type { Reading } from '../../api/read'
import { SiteMap } from '../../charts/SiteMap'
import type { Span } from '../../state/span'
import type { Change, Query } from '../../state/url'
import { counted } from '../../ui/number'
import { Go } from '../../ui/Link'
import { Empty, Read } from '../../ui/Panel'
import { visible } from '../../ui/Wire'
import type { Expanded, Question } from './ask'
import { listOf } from './ActivityMap'
import { limits, mostExcluded } from './Controls'
import { dotsOf, linesOf } from './draw'
import type { Heat } from './heat'
import { Legend } from './Legend'
import { leftOut, type ActivityMap, type Merged } from './merge'
import { NodePanel } from './NodePanel'
import { scopeText, type Scope } from './scope'
import { readStep } from './steps'
import { TimeBar } from './TimeBar'
import { Twin } from './Twin'
import { usePlaces } from './usePlaces'

interface Props {
  scope: Scope
  question: Question
  whole: Span
  base: Reading<ActivityMap>
  heat: Reading<Map<string, Heat>>
  expanded: readonly Expanded[]
  together?: Merged
  query: Query
  change: (c: Change, how?: { push?: boolean }) => void
  playing: boolean
  play: (on: boolean) => void
}

const nothing: ReadonlyMap<string, Heat> = new Map()

export function MapPanel(p: Props): ReactNode {
  const { question: q, query, change, together } = p
  const select = (id: string | undefined) => change({ node: id })
  const expand = (id: string, on: boolean) => change((now) => ({ expand: [...listOf(now.expand).filter((x) => x !== id), ...(on ? [id] : [])].join(',') }), { push: true })
  const [pointed, point] = useState<string>()
  const whole = { ...p.base, data: p.base.data && { map: p.base.data } } // what is missing of it is told with what can be done about it
  const node = together?.nodes.find((n) => n.id === query.node)
  if (q.group === 'tag' && !q.tag) return <Container><Empty>By which tag? Type its key above, as app or env.</Empty></Container>
  return (
    <div className={node ? 'mw-map-page mw-map-page-open' : 'mw-map-page'}>
      <Container>
        <Read of={whole} lines={10}>
          {({ map: m }) => together && <Whole {...p} map={m} together={together} select={select} pointed={pointed} />}
        </Read>
        <TimeBar whole={p.whole} step={readStep(query.step)} ready={!p.base.refreshing} playing={p.playing} play={p.play} go={(n) => change({ step: n === 0 ? undefined : String(n) })} />
      </Container>
      {node && together && (
        <NodePanel
          node={node} map={together} heat={p.heat.data ?? nothing} expanded={listOf(query.expand).includes(node.id)} excludable={q.exclude.length < mostExcluded}
          expand={expand} exclude={(a) => change((now) => ({ exclude: [...listOf(now.exclude), a].join(','), node: undefined }), { push: true })} select={select} point={point}
        />
      )}
    </div>
  )
}

function Whole({ map, together, pointed, select, ...p }: Props & { map: ActivityMap; together: Merged; pointed?: string; select: (id: string | undefined) => void }): ReactNode {
  const { question: q, query } = p
  const heat = p.heat.data ?? nothing
  const shape = JSON.stringify([together.nodes, together.edges])
  const dots = useMemo(() => dotsOf(together, heat), [shape, heat]) // eslint-disable-line
  const lines = useMemo(() => linesOf(together), [shape]) // eslint-disable-line
  const { places, busy } = usePlaces(dots, lines, `${p.scope.kind} ${p.scope.value} ${q.group} ${q.tag ?? ''}`)
  const standing = useMemo(() => dots.filter((d) => places.has(d.id)), [dots, places])
  if (together.nodes.length === 0) return <Nobody {...p} />
  return (
    <>
      <NotDrawn map={map} question={q} change={p.change} />
      {p.expanded.map((e) => <OfExpansion key={e.id} of={e} together={together} />)}
      {p.heat.state === 'failed' && <StatusIndicator type="warning">Detections could not be read: no node shows its risk. It is tried again by itself.</StatusIndicator>}
      {query.view === 'list' ? <Twin map={together} select={select} at={p.whole.to} /> : (
        <>
          <SiteMap label={`Map of ${visible(scopeText(p.scope).join(' '), 100)}: ${counted(dots.length, 'node')}, ${counted(lines.length, 'line')}`} dots={standing} lines={lines} places={places} selected={query.node} marked={pointed} select={select} />
          <div role="status" className={standing.length === 0 ? 'mw-quiet' : 'mw-hidden'}>{busy ? 'The map is being laid out' : ''}</div>
          <Legend vpcs={q.group === 'vpc'} heat={q.group === 'device' || q.group === 'vpc'} />
        </>
      )}
    </>
  )
}

function NotDrawn({ map, question: q, change }: { map: ActivityMap; question: Question; change: Props['change'] }): ReactNode {
  const more = limits.find((n) => n > q.limit)
  if (map.complete) return null
  return (
    <div className="mw-state">
      <StatusIndicator type="info">Not everything: {map.why}</StatusIndicator>
      <span>{leftOut(map, counted)}</span>
      {map.omitted.nodes > 0 && more && <Button variant="inline-link" onClick={() => change({ limit: String(more) }, { push: true })}>Draw up to {more}</Button>}
    </div>
  )
}

function OfExpansion({ of, together }: { of: Expanded; together: Merged }): ReactNode {
  const name = visible(together.nodes.find((n) => n.id === of.id)?.label ?? of.id, 60)
  if (of.failed !== undefined) return <Alert type="warning" action={<Button onClick={of.again}>Try again</Button>}>The peers of {name} could not be read: {visible(of.failed)}</Alert>
  if (!of.map) return <div className="mw-state"><StatusIndicator type="loading">Reading the peers of {name}</StatusIndicator></div>
  return of.map.complete ? null : <div className="mw-state"><StatusIndicator type="info">Of the peers of {name}: {of.map.why}</StatusIndicator></div>
}

function Nobody({ scope, question: q, query }: Props): ReactNode {
  return (
    <Empty>
      Nobody spoke in {visible(scopeText(scope).join(' '), 80)} in this time.{' '}
      {query.step ? 'Show all of the time below, or another step.' : q.exclude.length > 0 ? 'Some are left out: take them in again, or choose a longer time.' : <>Choose a longer time or another scope, or see in <Go to="/coverage">Coverage</Go> whether its packets arrive.</>}
    </Empty>
  )
}
