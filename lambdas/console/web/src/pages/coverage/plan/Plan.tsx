// What the mirror loop last meant to do, and what came of it; and a look at once for who wants to know what it would do now.
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { Schemas } from '../../../api/client'
import type { Reading } from '../../../api/read'
import type { Query } from '../../../state/url'
import { Copy } from '../../../ui/Copy'
import { May } from '../../../ui/May'
import { counted, digits } from '../../../ui/number'
import { Empty, Read } from '../../../ui/Panel'
import { Time } from '../../../ui/Time'
import { Wire } from '../../../ui/Wire'
import { patienceForALook, usePlans, type Looking } from './ask'
import type { Linked } from './About'
import { Alarms, Kept } from './Beside'
import { ByState } from './ByState'
import { Steps } from './Steps'
import { added, heldBack, isOutcome, kinds, sentence, unseen, usd, type Kind, type MirrorPlan } from './words'
import './plan.css'

interface Props extends Linked {
  of: Reading<Schemas['CoverageSummary']>
  query: Query // plan, action, outcome
  change: (q: Query) => void
}

const command = 'mirrorwatch mirror plan --keep'

/** Shows the newest plan, or the last of a kind. */
export function Plan({ of, ...how }: Props): ReactNode {
  const { query, change } = how
  const kind = query.plan === 'sweep' || query.plan === 'look' || query.plan === 'teardown' ? query.plan : undefined
  const { plan, looking } = usePlans(kind, () => change({ plan: undefined }))
  return (
    <SpaceBetween size="l">
      <Header
        variant="h3" description="The mirror loop keeps what its last sweep, look and teardown came to, for seven days"
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <SegmentedControl
              label="Which plan" selectedId={kind ?? ''} onChange={(e) => change({ plan: e.detail.selectedId || undefined })}
              options={[{ id: '', text: 'Newest' }, { id: 'sweep', text: 'Sweep' }, { id: 'look', text: 'Look' }, { id: 'teardown', text: 'Teardown' }]}
            />
            <May op="makeMirrorPlan" iconName="refresh" loading={looking.busy} loadingText="The mirror loop looks" onClick={looking.run}>Look now</May>
          </SpaceBetween>
        }
      >
        Plan
      </Header>
      <Became of={looking} />
      <Read of={plan} lines={6}>
        {(p) => (p ? <Told plan={p} {...how} /> : <None kind={kind} of={of} />)}
      </Read>
    </SpaceBetween>
  )
}

// What became of a look that was asked for, where no newer plan says it.
function Became({ of }: { of: Looking }): ReactNode {
  if (of.busy) return <div role="status"><StatusIndicator type="in-progress">The mirror loop looks at every account and region, and changes nothing. Its plan is shown here when it comes.</StatusIndicator></div>
  if (of.refused) return <div role="alert" className="mw-state"><StatusIndicator type="info">{of.refused.title}</StatusIndicator><span>{of.refused.detail}</span></div>
  if (of.late) return <div role="status"><StatusIndicator type="warning">No newer plan has come within {patienceForALook / 60_000} minutes: the log of the mirror function says why.</StatusIndicator></div>
  return null
}

function None({ kind, of }: { kind?: Kind; of: Props['of'] }): ReactNode {
  if (kind) return <Empty>No {kind} was kept within seven days.</Empty>
  return (
    <>
      <p className="mw-detail-text mw-plan-none">No plan is kept: the mirror loop has made no pass within seven days. One is made, kept for this page, and nothing is changed, by</p>
      <div className="mw-command"><pre tabIndex={0} aria-label="Command that makes a plan">{command}</pre><Copy text={command} what="Command" /></div>
      <div className="mw-plan-states"><ByState of={of} /></div>
    </>
  )
}

function Told({ plan: p, query, change, ...linked }: { plan: MirrorPlan } & Omit<Props, 'of'>): ReactNode {
  const { estimate: e } = p
  const filter = { action: query.action ?? '', outcome: isOutcome(query.outcome) ? query.outcome : '' }
  return (
    <SpaceBetween size="l">
      <div>
        <p className="mw-plan-sentence">{sentence(p)}</p>
        {heldBack(p).map((s) => <p key={s} className="mw-detail-text"><StatusIndicator type="warning"><Wire>{s}</Wire></StatusIndicator></p>)}
        <p className="mw-detail-text mw-quiet">
          {kinds[p.kind]}, begun <Time at={p.at} label />, {p.seconds < 0.95 ? 'done within a second' : `${p.seconds.toFixed(1)} s long`}, by <Wire length={120}>{p.holder}</Wire>
          {p.asked_by && <>; <Wire length={160}>{p.asked_by}</Wire> asked for it</>}.
        </p>
      </div>
      <KeyValuePairs
        columns={4} minColumnWidth={170}
        items={[
          { label: 'Sessions', value: change2(digits(e.sessions), digits(e.sessions_after)) },
          { label: 'Cost a month, estimated', value: <>{change2(usd(e.monthly_usd), usd(e.monthly_usd_after))} {added(e.monthly_usd_after - e.monthly_usd) && <span className="mw-quiet">({added(e.monthly_usd_after - e.monthly_usd)})</span>}</> },
          { label: 'Accounts and regions', value: counted(p.places.length + p.rest.places, 'place') },
          { label: 'Left out', value: counted(p.left_out.length + p.rest.left_out, 'interface') },
        ]}
      />
      {p.rogues.length + p.warnings.length + p.places.filter(unseen).length > 0 && <Alarms plan={p} {...linked} />}
      {p.steps.length > 0 && <Steps plan={p} filter={filter} change={(f) => change({ ...f })} {...linked} />}
      {p.held.length + p.left_out.length > 0 && <Kept plan={p} {...linked} />}
    </SpaceBetween>
  )
}

const change2 = (before: string, after: string) => (before === after ? before : `${before}, then ${after}`)
