// The span of a map, cut into steps that one can walk through.
import type { Span } from '../../state/span'

export const stepCount = 24

/** The span of a step, counted from 1; 0 is the whole. */
export function stepSpan(whole: Span, step: number, count = stepCount): Span {
  if (step < 1 || step > count) return whole
  const length = (whole.to - whole.from) / count
  return { from: Math.round(whole.from + (step - 1) * length), to: Math.round(whole.from + step * length) }
}

/** Reads a step off the query: what makes no sense is the whole. */
export function readStep(text: string | undefined, count = stepCount): number {
  const n = /^\d{1,3}$/.test(text ?? '') ? Number(text) : 0
  return n <= count ? n : 0
}

/** The step after this one while it plays; undefined where it ends. */
export const nextStep = (step: number, count = stepCount): number | undefined => (step < count ? step + 1 : undefined)
