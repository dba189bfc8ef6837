// What stands beside the steps of a plan: above them theft, places that were not seen and warnings, below them what is held back and what is left
// out. Each is shown only where there is some.
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import { counted, digits } from '../../../ui/number'
import { Wire } from '../../../ui/Wire'
import { About, type Linked } from './About'
import { actionName, unseen, type MirrorPlan } from './words'

type Props = { plan: MirrorPlan } & Linked

/** What somebody has to look at, whatever the steps are. */
export function Alarms({ plan: p, ...linked }: Props): ReactNode {
  return (
    <div className="mw-plan-beside">
      <Part title="Sessions of others that look like theft" means="They send packets to an account that the policy does not name (ATT&CK T1020.001). Each has a detection of its own." list={p.rogues} rest={p.rest.rogues} heads={['Session or target', 'Where', 'Why']}
        row={(r) => <><td><About s={r} {...linked} /></td><Where of={r} /><td className="mw-wrap"><Wire length={300} whole>{r.reason}</Wire></td></>} />
      <Places plan={p} />
      {p.warnings.length > 0 && (
        <section aria-label="Warnings" className="mw-plan-warnings">
          {p.warnings.map((w, i) => <div key={i} className="mw-wrap"><StatusIndicator type="warning" iconAriaLabel="Warning"><Wire length={300} whole>{w}</Wire></StatusIndicator></div>)}
          {p.rest.warnings > 0 && <div className="mw-quiet">and {counted(p.rest.warnings, 'warning')} more</div>}
        </section>
      )}
    </div>
  )
}

/** What is not done, and why. */
export function Kept({ plan: p, ...linked }: Props): ReactNode {
  return (
    <div className="mw-plan-beside">
      <Part title="Held back" means="A safety rail keeps these steps for a later pass, or until somebody changes the policy." list={p.held} rest={p.rest.held} heads={['Step', 'Of', 'Where', 'Rail']}
        row={(h) => <><td><Wire length={40}>{actionName(h.step.action)}</Wire></td><td><About s={h.step} {...linked} /></td><Where of={h.step} /><td className="mw-wrap"><Wire length={200} whole>{h.rail}</Wire></td></>} />
      <Part title="Left out" means="Budget or quota has no room for these interfaces; those of higher priority came first." list={p.left_out} rest={p.rest.left_out} heads={['Interface', 'Where', 'Priority', 'Why']}
        row={(l) => <><td><About s={l} {...linked} /></td><Where of={l} /><td>{digits(l.priority)}</td><td className="mw-wrap"><Wire length={200} whole>{l.reason}</Wire></td></>} />
    </div>
  )
}

const Where = ({ of }: { of: { account: string; region: string } }): ReactNode => <td className="mw-plan-where"><div><Wire length={40}>{of.account}</Wire></div><span className="mw-quiet"><Wire length={40}>{of.region}</Wire></span></td>

// Accounts and regions that were not seen whole: of them a plan says little.
function Places({ plan: p }: { plan: MirrorPlan }): ReactNode {
  const list = p.places.filter(unseen)
  if (list.length === 0) return null
  return (
    <section aria-label="Not seen whole" className="mw-plan-warnings">
      {list.map((x) => (
        <div key={`${x.account} ${x.region}`} className="mw-wrap">
          <StatusIndicator type="error" iconAriaLabel="Not seen whole"><Wire length={60}>{`${x.account} ${x.region}`}</Wire> was not {x.skipped ? 'looked at' : 'seen whole'}: <Wire length={300} whole>{x.skipped ?? x.failures?.join('; ')}</Wire>{x.failures_rest ? ` and ${digits(x.failures_rest)} more` : ''}</StatusIndicator>
        </div>
      ))}
    </section>
  )
}

interface PartProps<T> {
  title: string
  means: string
  list: readonly T[]
  rest: number
  heads: string[]
  row: (of: T) => ReactNode
}

function Part<T>({ title, means, list, rest, heads, row }: PartProps<T>): ReactNode {
  if (list.length === 0) return null
  return (
    <section aria-label={title}>
      <h4 className="mw-plan-title">{title} <span className="mw-quiet">({digits(list.length + rest)})</span></h4>
      <p className="mw-detail-text mw-quiet">{means}</p>
      <div className="mw-scroll" tabIndex={0} role="group" aria-label={title}>
        <table className="mw-table mw-plan-table">
          <thead><tr>{heads.map((h) => <th key={h} scope="col">{h}</th>)}</tr></thead>
          <tbody>{list.map((x, i) => <tr key={i}>{row(x)}</tr>)}</tbody>
        </table>
      </div>
      {rest > 0 && <p className="mw-detail-text mw-quiet">{digits(rest)} more are counted, and not kept: `mirrorwatch mirror plan --all` shows all.</p>}
    </section>
  )
}
