// What is wrong with a query, and where.
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import type { Problem } from '../api/client'
import { visible } from '../ui/Wire'
import { pieces, placeOf } from './lex'

interface Spot {
  from: number
  to: number
  says: string
}

/** Whether a problem is one of the query: something that no trying again will mend. */
export const ofQuery = (p: Problem | undefined): p is Problem => p?.status === 400 && p.errors.some((e) => e.field === 'query')

/** Finds the place that the API complains of: the byte that it names, or else what it names. */
export function spotOf(query: string, p: Problem): Spot | undefined {
  const said = p.errors.find((e) => e.field === 'query')
  const byte = /\(at byte (\d+)\)$/.exec(said?.allowed ?? '')
  const all = pieces(query)
  if (said && byte) {
    const from = placeOf(query, Number(byte[1]))
    const piece = all.find((x) => x.from <= from && from < x.to)
    return { from, to: piece?.to ?? query.length, says: `Here must be: ${said.allowed.replace(byte[0], '').trim()}.` }
  }
  const piece = said && all.find((x) => x.text === said.value)
  return piece && { from: piece.from, to: piece.to, says: said.allowed.replace(/^the name of a field: /, '').replace(/^./, (c) => c.toUpperCase()) }
}

const around = 60

/** Shows the problem in the query's text. */
export function Trouble({ query, problem }: { query: string; problem: Problem }): ReactNode {
  const spot = spotOf(query, problem)
  if (!spot) return <div role="alert" className="mw-trouble"><StatusIndicator type="error">{visible(problem.message, 600)}</StatusIndicator></div>
  const start = Math.max(0, spot.from - around)
  const before = (start > 0 ? '…' : '') + visible(query.slice(start, spot.from))
  const wrong = spot.to > spot.from ? visible(query.slice(spot.from, spot.to), around) : ' '
  return (
    <div role="alert" className="mw-trouble">
      <StatusIndicator type="error">{visible(spot.says, 600)}</StatusIndicator>
      <div className="mw-trouble-text" aria-hidden="true">
        <div><span>{before}</span><mark>{wrong}</mark><span>{visible(query.slice(spot.to, spot.to + around))}</span></div>
        <div><span className="mw-trouble-lead">{before}</span><b>{'^'.repeat(Math.max(1, wrong.length))}</b></div>
      </div>
      <span className="mw-hidden">At: {wrong}</span>
    </div>
  )
}
