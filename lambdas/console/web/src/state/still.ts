// A span that does not move while somebody reads.
import { useMemo } from 'react'
import type { Span } from './span'

const pause = 5 * 60_000

/** Keeps a span that moves along with the clock where it is for five minutes: what was read for it stays good so long. One with an end is as it is. */
export function useStill(span: Span): Span {
  const turn = span.last ? Math.floor(span.to / pause) : 0
  const name = span.last ?? `${span.from}-${span.to}`
  return useMemo(() => span, [name, turn]) // eslint-disable-line
}
