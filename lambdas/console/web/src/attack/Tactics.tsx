import type { ReactNode } from 'react'
import { visible } from '../ui/Wire'
import { tacticName } from './tactics'
import './attack.css'

/** Tactics in the order in which they came, as steps of an attack. */
export function Tactics({ ids }: { ids: readonly string[] }): ReactNode {
  if (ids.length === 0) return <span className="mw-quiet">No tactic is known</span>
  return (
    <ol className="mw-tactics" aria-label="Tactics, in the order in which they came">
      {ids.map((id) => <li key={id} title={visible(id, 32)}>{visible(tacticName(id), 40)}</li>)}
    </ol>
  )
}
