// The page that a tired analyst opens at night: what is worst, who did it, to whom, since when.
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Toggle from '@cloudscape-design/components/toggle'
import { memo, useCallback, useDeferredValue, useEffect, useMemo, useRef, type ReactNode } from 'react'
import { useLocation, useSearch } from 'wouter'
import type { Schemas } from '../../api/client'
import type { Reading } from '../../api/read'
import type { Band, Detection } from '../../api/names'
import { Gathered } from '../../state/here'
import { useSpan, type Span } from '../../state/span'
import { leaveTrail } from '../../state/trail'
import { Download } from '../../ui/Download'
import { counted, digits } from '../../ui/number'
import { Page } from '../../ui/Page'
import { Read } from '../../ui/Panel'
import { BulkBar } from './BulkBar'
import { useChoice, type Choice } from './choice'
import { questionOf, useAhead, useBars, useGroups, useHiddenCount, useKept, useList, useLive, useSilence, useStill } from './data'
import { exportsOf } from './exports'
import { Groups } from './Groups'
import { useLiking, type Liking } from './liking'
import { List } from './List'
import { Nothing } from './Nothing'
import { Overview, pressed } from './Overview'
import { groupings, usePlace, within, type Place, type Step } from './place'
import { Toolbar } from './Toolbar'
import { useTriage } from './triage'
import { useAcknowledge, useItemKeys } from './useItemKeys'
import { Views } from './Views'
import './list.css'

const none: readonly Detection[] = []

export default function Detections(): ReactNode {
  const { span, asOf, refresh } = useStill()
  const [liking, like] = useLiking()
  const [place, change] = useAhead(...usePlace(), span, liking.page)
  const grouped = place.group !== undefined
  const question = questionOf(place, span)
  const list = useKept(useList(place, span, liking.page, !grouped), question)
  const groups = useKept(useGroups(place, span), question)
  const own = grouped ? groups : list
  const rest = own.data === undefined || !own.refreshing // who waits for the list waits for nothing else: where there is one, all around it is asked for behind it
  const bars = useKept(useBars(place, span, rest), question)
  const silence = useSilence(span, asOf)
  const hidden = useHiddenCount(place, span, rest)
  const items = grouped ? none : (list.data?.items ?? none)
  const live = useLive(place, span, asOf, items, rest)
  const choice = useChoice()
  const triage = useTriage(choice.renew)
  const acknowledge = useAcknowledge(triage)
  useItemKeys(choice, acknowledge)
  const renew = useLatest(() => {
    refresh()
    if (place.page > 1) change({ page: 1 }) // its cursor was that of the list before
    if (!span.last) for (const r of [own, bars, hidden]) r.again() // a time that stays is the same question again
  })
  const lost = list.problem?.status === 400 && place.after !== undefined // a link to a page of a list that is no more
  useEffect(() => {
    if (lost) change({ page: 1 })
  }, [lost, change])
  // The list is drawn first: all that is around it follows, right after.
  const around = { place: useDeferredValue(place), span: useDeferredValue(span), of: useDeferredValue(own), bars: useDeferredValue(bars) }
  return (
    <Framed {...around} renew={renew} change={change}>
      <SpaceBetween size="m">
        <Overview
          of={around.bars}
          silence={useDeferredValue(silence)}
          span={around.span}
          chosen={around.place.filter.bands ?? noBands}
          toggle={useCallback((b: Band) => change((now) => ({ filter: { ...now.filter, bands: pressed(now.filter.bands ?? noBands, b) } })), [change])}
          brush={around.place.brush}
          onBrush={useCallback((brush: Place['brush']) => change({ brush }), [change])}
        />
        <div>
          <Fresh {...live} show={renew} />
          <Container>
            <Toolbar place={around.place} change={change} count={useDeferredValue(countOf(list.data))} />
            <Results {...{ place, change, span, asOf, list, groups, choice, acknowledge, liking, like }} hidden={useDeferredValue(hidden)} />
            <BulkBar choice={choice} triage={triage} onHidden={refresh} />
          </Container>
        </div>
      </SpaceBetween>
    </Framed>
  )
}

const noBands: readonly Band[] = []

const countOf = (l: Schemas['DetectionList'] | undefined) => l && counted(l.total ?? l.items.length, 'detection')

interface FramedProps {
  place: Place
  span: Span
  of: Reading<Schemas['DetectionList'] | Schemas['GroupList']>
  renew: () => void
  change: (s: Step) => void
  children: ReactNode
}

// Framed is the heading above all that is read. Each of its parts stays as it is while what it says does.
function Framed({ place, span, of, renew, change, children }: FramedProps): ReactNode {
  const read = useMemo(() => [{ ...of, again: renew }], [of, renew])
  const actions = useMemo(
    () => (
      <>
        <Views place={place} change={change} />
        <Download op="exportDetections" formats={exportsOf(within(place, span))} />
      </>
    ),
    [place, span, change],
  )
  return (
    <Page title="Detections" counter={totalOf(of.data, place)} span of={read} actions={actions}>
      {children}
    </Page>
  )
}

function totalOf(data: Schemas['DetectionList'] | Schemas['GroupList'] | undefined, place: Place): string | undefined {
  if (!data) return undefined
  const total = data.total ?? data.items.length
  return place.group ? counted(total, groupings.find((g) => g.id === place.group)?.one ?? 'group') : digits(total)
}

// useLatest gives a function that stays the same and does what the last one given does.
function useLatest<A extends unknown[]>(f: (...args: A) => void): (...args: A) => void {
  const latest = useRef(f)
  latest.current = f
  return useCallback((...args: A) => latest.current(...args), [])
}

interface ResultsProps {
  place: Place
  change: (s: Step) => void
  span: Span
  asOf: number
  list: Reading<Schemas['DetectionList']>
  groups: Reading<Schemas['GroupList']>
  hidden: Reading<Schemas['DetectionList']>
  choice: Choice
  acknowledge: (d: Detection) => void
  liking: Liking
  like: (l: Partial<Liking>) => void
}

const Results = memo(function Results({ place, change, span, asOf, list, groups, hidden, choice, acknowledge, liking, like }: ResultsProps): ReactNode {
  const [, setSpan] = useSpan()
  const trail = useTrail()
  const grouped = place.group !== undefined
  const own = grouped ? groups : list
  return (
    <div className={own.refreshing && own.state === 'ready' ? 'mw-held' : undefined} onClickCapture={(e) => trail(e.target)}>
      <Gathered>
        {grouped ? (
          <Read of={groups} lines={8} empty={(g) => g.items.length === 0 && <Nothing place={place} span={span} change={change} look={setSpan} />}>
            {(g) => <Groups groups={g} place={place} span={span} now={asOf} choice={choice} change={change} />}
          </Read>
        ) : (
          <List
            of={list}
            place={place}
            span={span}
            now={asOf}
            change={change}
            look={setSpan}
            choice={choice}
            acknowledge={acknowledge}
            liking={liking}
            like={like}
            hidden={
              <ShowHidden
                of={hidden.data?.total}
                on={place.filter.hidden !== undefined}
                set={(on) => change((now) => ({ filter: { ...now.filter, hidden: on ? 'include' : undefined } }))}
              />
            }
          />
        )}
      </Gathered>
    </div>
  )
})

// New ones wait above the list until they are asked for, over what is there: nothing moves.
function Fresh({ fresh, more, show }: { fresh: number; more: boolean; show: () => void }): ReactNode {
  return (
    <div className="mw-fresh" role="status">
      {fresh > 0 && (
        <Button
          variant="primary"
          iconName="refresh"
          onClick={show}
        >{`${digits(fresh)}${more ? ' or more' : ''} new: show ${fresh === 1 ? 'it' : 'them'}`}</Button>
      )}
    </div>
  )
}

function ShowHidden({ of, on, set }: { of: number | undefined; on: boolean; set: (on: boolean) => void }): ReactNode {
  if (!of && !on) return null
  return <Toggle checked={on} onChange={(e) => set(e.detail.checked)}>{`Show hidden${of === undefined ? '' : ` (${digits(of)})`}`}</Toggle>
}

// useTrail leaves a trail where a detection of the list is opened: its page leads on to the next, and back.
function useTrail(): (target: EventTarget) => void {
  const [path] = useLocation()
  const search = useSearch()
  return useCallback(
    (target) => {
      const id = target instanceof Element ? target.closest('[data-item]')?.getAttribute('data-item') : undefined
      if (id)
        leaveTrail(
          'detections',
          {
            list: search ? `${path}?${search}` : path,
            ids: [...document.querySelectorAll('[data-item]')].map((e) => e.getAttribute('data-item') ?? ''),
          },
          id,
        )
    },
    [path, search],
  )
}
