import { useState, type ReactNode } from 'react'
import { Time } from '../../../ui/Time'
import { Wire } from '../../../ui/Wire'
import { differences } from './difference'

const shown = 3

/** What a change changed, place by place. */
export function Changes({ before, after }: { before?: unknown; after?: unknown }): ReactNode {
  const [open, setOpen] = useState(false)
  const all = differences(before, after)
  if (all.length === 0) return <span className="mw-quiet">–</span>
  return (
    <div>
      <dl className="mw-settings-changes">
        {(open ? all : all.slice(0, shown)).map((d) => (
          <div key={d.at}>
            {d.at && <dt><Wire mono length={80}>{d.at}</Wire></dt>}
            <dd>
              {d.before !== undefined && <del><span className="mw-hidden">before: </span><Value of={d.before} whole={open} /></del>}
              {d.before !== undefined && d.after !== undefined && <span aria-hidden="true"> → </span>}
              {d.after !== undefined && <ins><span className="mw-hidden">after: </span><Value of={d.after} whole={open} /></ins>}
            </dd>
          </div>
        ))}
      </dl>
      {all.length > shown && <button type="button" className="mw-more" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? 'less' : `${all.length - shown} more`}</button>}
    </div>
  )
}

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

// A moment is shown as everywhere else, to the millisecond: two of one second may be all that changed.
function Value({ of, whole }: { of: string; whole: boolean }): ReactNode {
  return moment.test(of) ? <Time at={of} fine label /> : <Wire length={160} whole={whole}>{of}</Wire>
}
