import { startTransition, useEffect, useMemo, useRef, useState } from 'react'
import { settle, settling, type Places, type Point } from '../../charts/force'
import type { Dot, Line } from '../../charts/siteMap'

/**
 * Finds places for nodes without holding the page up. What was placed stays where it is while `of` (the scope, and what a node is) is the same: neither a
 * refresh, a step in time nor an expansion moves what somebody looks at.
 */
export function usePlaces(dots: readonly Dot[], lines: readonly Line[], of: string): { places: Places; busy: boolean } {
  const kept = useRef<{ of: string; places: Map<string, Point> }>({ of, places: new Map() })
  const [found, setFound] = useState<{ of: string; places: Places }>({ of, places: new Map() })
  const shape = useMemo(() => JSON.stringify([of, dots.map((d) => d.id).sort(), lines.map((l) => [l.from, l.to])]), [of, dots, lines])
  useEffect(() => {
    if (kept.current.of !== of) kept.current = { of, places: new Map() }
    const k = kept.current
    const known = new Map([...k.places].filter(([id]) => dots.some((d) => d.id === id)))
    return settle(settling([...dots].sort((a, b) => a.rank - b.rank).map((d) => ({ id: d.id, radius: d.radius })), lines, known), (places) => {
      for (const [id, p] of places) k.places.set(id, p)
      startTransition(() => setFound({ of, places })) // hundreds of nodes are drawn in slices, too
    })
  }, [shape]) // eslint-disable-line
  const places = found.of === of ? found.places : nowhere
  return { places, busy: dots.some((d) => !places.has(d.id)) }
}

const nowhere: Places = new Map()
