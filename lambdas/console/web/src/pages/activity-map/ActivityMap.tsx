// The activity map: who speaks with whom, within a scope and a time.
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMemo, useState, type ReactNode } from 'react'
import { useSpan, type Span } from '../../state/span'
import { useView, type Query } from '../../state/url'
import { Page } from '../../ui/Page'
import { Wire } from '../../ui/Wire'
import { useExpanded, useHeat, useSiteMap, type Question } from './ask'
import { asGrouping, Excluding, GroupSelect, LimitSelect, limits, TagBox } from './Controls'
import { MapPanel } from './MapPanel'
import { merged } from './merge'
import { useOffers } from './offers'
import { isNetwork, scopeOf, scopeText, toScope } from './scope'
import { OffersPanel, ScopeBox } from './Scopes'
import { readStep, stepSpan } from './steps'
import './activity-map.css'

export const byDefault = '1d'
const calm = 5 * 60_000 // a map that moves along is drawn anew no more often than this

/** Shows who spoke with whom. Everything that says of what, is in the URL. */
export default function ActivityMap(): ReactNode {
  const [query, change] = useView()
  const [moving] = useSpan(byDefault)
  const whole = useMemo(() => calmed(moving), [moving])
  const scope = scopeOf(query)
  const q = questionOf(query)
  const span = stepSpan(whole, readStep(query.step))
  const offers = useOffers(whole)
  const base = useSiteMap(scope, span, q)
  const heat = useHeat(whole, q.group === 'vpc')
  const ids = q.group === 'device' ? listOf(query.expand) : []
  const expanded = useExpanded(ids, (id) => (isNetwork(id) ? { address: id } : { device: id }), span, q)
  const [playing, play] = useState(false)
  const set = (c: Query) => change(c, { push: true })
  const title = scope && scopeText(scope)
  return (
    <Page title="Activity map" tab="Activity map" description={title ? <>{title[0]} <Wire mono length={80}>{title[1]}</Wire></> : 'Who speaks with whom'} span={{ byDefault }} of={scope ? [base] : [offers]}>
      <SpaceBetween size="m">
        <div className="mw-map-controls">
          <ScopeBox scope={scope} offers={offers.data} choose={(s) => set(toScope(s))} />
          <GroupSelect group={q.group} change={(g) => set({ group: g === 'device' ? undefined : g, tag: undefined, node: undefined, expand: undefined })} />
          {q.group === 'tag' && <TagBox tag={q.tag ?? ''} change={(tag) => set({ tag })} />}
          <LimitSelect limit={q.limit} change={(n) => set({ limit: n === defaultLimit ? undefined : String(n) })} />
          <SegmentedControl
            label="How it is shown" selectedId={query.view === 'list' ? 'list' : 'map'} options={[{ id: 'map', text: 'Map' }, { id: 'list', text: 'List' }]}
            onChange={(e) => set({ view: e.detail.selectedId === 'list' ? 'list' : undefined })}
          />
        </div>
        <ExpandableSection variant="inline" headerText={`Left out (${q.exclude.length})`} defaultExpanded={q.exclude.length > 0}>
          <Excluding excluded={q.exclude} change={(list) => set({ exclude: list.join(',') })} />
        </ExpandableSection>
        {scope ? (
          <MapPanel
            scope={scope} question={q} whole={whole} base={base} heat={heat} expanded={expanded} query={query} change={change} playing={playing} play={play}
            together={base.data ? merged(base.data, expanded.flatMap((e) => e.map ?? [])) : undefined}
          />
        ) : <OffersPanel of={offers} />}
      </SpaceBetween>
    </Page>
  )
}

export const defaultLimit = 50

/** Reads what is asked off the page's query. What makes no sense is taken for the default. */
export function questionOf(q: Query): Question {
  const limit = limits.find((n) => String(n) === q.limit) ?? defaultLimit
  return { group: asGrouping(q.group), tag: q.tag, exclude: listOf(q.exclude).filter(isNetwork), limit }
}

export const listOf = (text: string | undefined): string[] => (text ?? '').split(',').filter(Boolean).slice(0, 50)

// A span that moves along is held to five minutes: the map would be asked for and change under the eye every half minute. Its length stays, so that steps are round.
function calmed(s: Span): Span {
  const to = Math.ceil(s.to / calm) * calm
  return s.last ? { ...s, from: to - (s.to - s.from), to } : s
}
