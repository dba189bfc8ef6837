import type { ReactNode } from 'react'
import type { Level } from './estimate'
import { useEstimate } from './useEstimate'
import './strength.css'

const named: Record<Level, string> = { 0: 'Very weak', 1: 'Weak', 2: 'Fair', 3: 'Good', 4: 'Strong' }

interface Props {
  password: string
  own: readonly string[] // what whoever guesses knows of its owner
  fault?: string // the rule that it breaks: then it is not taken, and how hard it is to guess says nothing
}

/** Says how hard a password is to guess, while it is typed. It judges nothing: the server has the last word. */
export function Strength({ password, own, fault }: Props): ReactNode {
  const known = useEstimate(password, own)
  if (!password) return null
  const level = fault !== undefined || known === undefined || known === 'never' ? undefined : known.level
  return (
    <div className="mw-strength">
      <div className="mw-strength-bar" role="meter" aria-label="How hard it is to guess" aria-valuemin={0} aria-valuemax={4} aria-valuenow={level ?? 0} aria-valuetext={fault ? 'not allowed' : level === undefined ? 'not known' : named[level]}>
        {([1, 2, 3, 4] as const).map((n) => <span key={n} className={level !== undefined && level >= n ? 'mw-strength-on' : undefined} />)}
      </div>
      <div role="status" className="mw-strength-text">{fault ? <span className="mw-quiet">{fault}</span> : words(known)}</div>
    </div>
  )
}

function words(known: ReturnType<typeof useEstimate>): ReactNode {
  if (known === undefined) return <span className="mw-quiet">Looking at how hard it is to guess.</span>
  if (known === 'never') return <span className="mw-quiet">How hard it is to guess cannot be told now. What is not allowed is refused all the same.</span>
  return <><b>{named[known.level]}</b>{known.why && `: ${known.why}`}</>
}
