import type { ReactNode } from 'react'
import { Panel } from '../../ui/Panel'
import { Time } from '../../ui/Time'
import { Wire } from '../../ui/Wire'
import { actOf, actorOf, changesOf } from './history'
import { useHistory } from './read'

/** Who changed the detection, and what. */
export function History({ id }: { id: string }): ReactNode {
  const history = useHistory(id)
  return (
    <Panel title="History" count={(h) => (h.next ? `${h.items.length}+` : h.items.length)} of={history} empty={(h) => (h.items.length === 0 ? 'Nobody has changed anything yet.' : undefined)}>
      {(h) => (
        <ol className="mw-det-timeline">
          {h.items.map((e) => (
            <li key={e.id}>
              <Time at={e.time} label />
              <span>
                <b><Wire length={80}>{actorOf(e.actor)}</Wire></b> {actOf(e)}
                {changesOf(e).map((c) => <span key={c.name}> · {c.name}: <Wire length={200}>{c.before}</Wire> → <Wire length={200}>{c.after}</Wire></span>)}
                {e.outcome && <span> · refused: <Wire length={200}>{e.outcome}</Wire></span>}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}
