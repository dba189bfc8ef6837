// A detection as a card: how bad, what, who to whom, since when. Nothing that matters is behind a click.
import { memo, type ReactNode } from 'react'
import type { Detection } from '../../api/names'
import { detectionPath, Go } from '../../ui/Link'
import { Score } from '../../ui/Band'
import { Time } from '../../ui/Time'
import { visible, Wire } from '../../ui/Wire'
import { Chips, Length, Standing } from './Facts'
import { Parties } from './Parties'

interface Props {
  d: Detection
  now: number
  chosen: boolean
  choose: (d: Detection, on: boolean) => void
  sentence?: boolean // the title is above already: the sentence is the link
}

/** A card of the list. Its link is what j and k lead to. */
export const Card = memo(function Card({ d, now, chosen, choose, sentence }: Props): ReactNode {
  return (
    <article className={`mw-card${chosen ? ' mw-card-chosen' : ''}${d.status === 'closed' || d.hidden_by ? ' mw-card-past' : ''}`}>
      <label className="mw-pick">
        <input type="checkbox" checked={chosen} onChange={(e) => choose(d, e.target.checked)} />
        <span className="mw-hidden">
          Select {visible(d.title, 80)}, risk {d.risk.score}
        </span>
      </label>
      <Score score={d.risk.score} large />
      <div className="mw-card-text">
        <span data-item={d.id} className="mw-card-title">
          <Go to={detectionPath(d.id)}>
            <Wire length={sentence ? 240 : 120}>{sentence ? d.description : d.title}</Wire>
          </Go>
        </span>
        {!sentence && (
          <div className="mw-card-sentence">
            <Wire length={240}>{d.description}</Wire>
          </div>
        )}
        <div className="mw-card-line">
          <Parties d={d} />
          <Chips d={d} />
        </div>
      </div>
      <div className="mw-card-side">
        {d.hidden_by && <span className="mw-quiet">Hidden by a rule</span>}
        <Standing d={d} />
        <span>
          <span className="mw-hidden">Started </span>
          <Time at={d.start} label />
        </span>
        <Length d={d} now={now} />
        {d.assignee && (
          <span>
            <span className="mw-dim">Assigned to </span>
            <Wire length={40}>{d.assignee}</Wire>
          </span>
        )}
      </div>
    </article>
  )
})
