import type { ReactNode } from 'react'
import type { Band } from '../api/names'
import './band.css'

export const bands: readonly Band[] = ['critical', 'high', 'medium', 'low']
export const bandWord: Record<Band, string> = { critical: 'Critical', high: 'High', medium: 'Medium', low: 'Low' }
export const bandRange: Record<Band, string> = { critical: '80–99', high: '60–79', medium: '30–59', low: '1–29' }

/** The band of a score, as events.BandOf has it. */
export function bandOf(score: number): Band {
  return score >= 80 ? 'critical' : score >= 60 ? 'high' : score >= 30 ? 'medium' : 'low'
}

/** A score in its band's colour. The word is always there: for the eye in the large block, for a screen reader in the small one. */
export function Score({ score, large }: { score: number; large?: boolean }): ReactNode {
  const band = bandOf(score)
  if (large) {
    return (
      <span className={`mw-score mw-score-large mw-band-${band}`}>
        <b>{score}</b>
        <small>{bandWord[band]}</small>
      </span>
    )
  }
  return (
    <span className={`mw-score mw-band-${band}`} title={`Risk ${score}, ${bandWord[band]}`}>
      {score}
      <span className="mw-hidden"> {bandWord[band]}</span>
    </span>
  )
}
