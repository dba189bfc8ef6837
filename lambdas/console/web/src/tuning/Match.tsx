import type { ReactNode } from 'react'
import type { DetectionFilter } from '../api/names'
import { Wire } from '../ui/Wire'
import { asked } from './words'
import './tuning.css'

const shown = 6

/** What a filter asks for, in words. */
export function Match({ of, none = 'Every detection' }: { of: DetectionFilter; none?: string }): ReactNode {
  const parts = asked(of)
  if (parts.length === 0) return <span className="mw-quiet">{none}</span>
  return (
    <ul className="mw-match">
      {parts.map((p, i) => (
        <li key={i}>
          <span className="mw-quiet">{p.what}</span>{' '}
          {p.values.slice(0, shown).map((v, j) => (
            <span key={j}>
              {j > 0 && <span className="mw-quiet">{p.all ? ' and ' : ' or '}</span>}
              <Wire length={80}>{v}</Wire>
            </span>
          ))}
          {p.values.length > shown && <span className="mw-quiet"> and {p.values.length - shown} more</span>}
        </li>
      ))}
    </ul>
  )
}
