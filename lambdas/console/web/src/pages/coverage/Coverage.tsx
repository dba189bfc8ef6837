// Coverage: how much is watched, and of every interface why it is or is not.
import Container from '@cloudscape-design/components/container'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Tabs from '@cloudscape-design/components/tabs'
import { useEffect, useMemo, useRef, type ReactNode } from 'react'
import { useSpan } from '../../state/span'
import { useStill } from '../../state/still'
import { useView, type Query } from '../../state/url'
import { Page } from '../../ui/Page'
import { useHeard, useInterfaces, useStatus, useSummary, type Of } from './ask'
import { Detail } from './Detail'
import { Interfaces } from './Interfaces'
import { readFilter, type Coverage as Interface, type Filter, type Share } from './logic'
import { Plan } from './plan/Plan'
import { Points } from './Points'
import { Sensors } from './Sensors'
import { Shares, type By } from './Shares'
import type { State } from './states'
import { Total } from './Total'
import { Trend } from './Trend'
import './coverage.css'

const none: Query = { state: undefined, account: undefined, region: undefined, vpc: undefined, text: undefined }

const noRows: Interface[] = []

/** Shows how much is watched. */
export default function Coverage(): ReactNode {
  const [query, change] = useView()
  const [moving] = useSpan('7d')
  const [span, renew] = useStill(moving, () => true, 5 * 60_000)
  const [summary, status, interfaces] = [useSummary(), useStatus(), useInterfaces()]
  const heard = useHeard(query.tab === 'points')
  const running = useMemo(() => status.data?.sensors.map((s) => s.sensor), [status.data])
  const known = useMemo(() => new Set(interfaces.data?.items.map((c) => c.interface)), [interfaces.data])
  const filter = readFilter(query)
  const by: By = query.by === 'accounts' || query.by === 'tags' ? query.by : 'vpcs'
  const narrow = (f: Partial<Filter>) => change(queryOf(f))
  const toggle = (s: State) => narrow({ states: filter.states.includes(s) ? filter.states.filter((x) => x !== s) : [...filter.states, s] })
  const narrowed = Object.keys(none).some((k) => query[k])
  const chosen = interfaces.data?.items.find((c) => c.interface === query.interface)
  const detail = useRef<HTMLDivElement>(null)
  const asked = useRef(false) // by a row: then what is shown of it is brought before the eye, for it stands above the list
  const choose = (id: string | undefined) => {
    asked.current = id !== undefined
    change({ interface: id })
  }
  useEffect(() => {
    if (!asked.current || !detail.current) return
    asked.current = false
    detail.current.focus({ preventScroll: true })
    detail.current.scrollIntoView?.({ block: 'start' })
  }, [query.interface])
  const of: Of = query.tag ? { tag: query.tag } : query.vpc ? { vpc: query.vpc } : query.account ? { account: query.account } : {}
  return (
    <Page title="Coverage" description="Which interfaces are watched, and why others are not" span={{ byDefault: '7d', longest: 400 * 86_400_000 }} of={[{ ...summary, again: () => { renew(); summary.again() } }, interfaces, status, ...(query.tab === 'points' ? [heard] : [])]}>
      <SpaceBetween size="l">
        <Total of={summary} chosen={filter.states} toggle={toggle} />
        <div className="mw-coverage-two">
          <Shares of={summary} by={by} choose={(b) => change({ by: b === 'vpcs' ? undefined : b })} chosen={by === 'tags' ? query.tag : by === 'vpcs' ? query.vpc : query.account} pick={(s) => change(picked(by, s), { push: true })} />
          <Trend span={span} of={of} />
        </div>
        {chosen && <div ref={detail} tabIndex={-1} role="region" aria-label="Interface" className="mw-detail"><Detail c={chosen} close={() => choose(undefined)} /></div>}
        <Container>
          <Tabs
            ariaLabel="Details of coverage" activeTabId={query.tab ?? 'interfaces'} onChange={(e) => change({ tab: e.detail.activeTabId === 'interfaces' ? undefined : e.detail.activeTabId })}
            tabs={[
              { id: 'interfaces', label: 'Interfaces', content: <Interfaces of={interfaces} filter={filter} change={narrow} clear={narrowed ? () => change(none) : undefined} chosen={query.interface} choose={choose} /> },
              { id: 'points', label: 'Observation points', content: <Points of={heard} interfaces={interfaces.data?.items ?? noRows} running={running} faulty={query.faulty === '1'} only={(on) => change({ faulty: on ? '1' : undefined })} choose={choose} /> },
              { id: 'plan', label: 'What happens next', content: <Plan of={summary} query={query} change={change} known={known} choose={choose} /> },
              { id: 'sensors', label: status.data?.sensors.some((s) => !s.healthy) ? 'Sensors (not all well)' : 'Sensors', content: <Sensors of={status} /> },
            ]}
          />
        </Container>
      </SpaceBetween>
    </Page>
  )
}

function queryOf(f: Partial<Filter>): Query {
  const { states, ...texts } = f
  return { ...texts, ...(states ? { state: states.join(',') || undefined } : {}) }
}

// A share narrows the whole page. A tag narrows the trend, and the list by its text, which holds tags as key=value.
function picked(by: By, s: Share | undefined): Query {
  const key = s?.key
  if (by === 'vpcs') return { vpc: key, tag: undefined }
  if (by === 'accounts') return { account: key, tag: undefined }
  return { tag: key, text: key && !key.endsWith('=') ? key : undefined }
}
