// The histogram as a table, for those who do not see it.
import type { ReactNode } from 'react'
import type { Zone } from '../state/zone'
import { digits } from '../ui/number'
import type { HistogramProps } from './Histogram'
import { sum } from './histogram'
import { moment } from './moment'

export function Twin({ label, noun, series, bars, gaps, gapWord, step, from, to, zone }: HistogramProps & { zone: Zone }): ReactNode {
  const some = bars.filter((b) => sum(b.counts) > 0)
  const total = bars.reduce((n, b) => n + sum(b.counts), 0)
  return (
    <div className="mw-hidden">
      <table>
        <caption>
          {`${label}. ${digits(total)} ${total === 1 ? noun[0] : noun[1]} from ${moment(from, zone, step)} to ${moment(to, zone, step)}. Bars without any are left out.`}
        </caption>
        <thead>
          <tr><th scope="col">Time</th>{series.map((s) => <th key={s.label} scope="col">{s.label}</th>)}</tr>
        </thead>
        <tbody>
          {some.map((b) => (
            <tr key={b.start}><th scope="row">{moment(b.start, zone, step)}</th>{series.map((s, i) => <td key={s.label}>{b.counts[i] ?? 0}</td>)}</tr>
          ))}
        </tbody>
      </table>
      {gaps?.length ? <ul>{gaps.map((g) => <li key={g.from}>{`${gapWord ?? 'Nothing seen'} from ${moment(g.from, zone, step)} to ${moment(g.to, zone, step)}`}</li>)}</ul> : null}
    </div>
  )
}
