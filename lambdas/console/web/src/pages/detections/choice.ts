// Which detections are selected, on this page of the list and on others.
import { useCallback, useMemo, useState } from 'react'
import type { Detection } from '../../api/names'

/** The most that may be changed at once: the API's own limit. */
export const mostAtOnce = 200

export interface Choice {
  items: ReadonlyMap<string, Detection>
  choose: (d: Detection, on: boolean) => void
  chooseAll: (all: readonly Detection[], on: boolean) => void
  clear: () => void
  renew: (changed: readonly Detection[]) => void // as they are now
}

export function useChoice(): Choice {
  const [items, set] = useState<ReadonlyMap<string, Detection>>(new Map())
  const chooseAll = useCallback((all: readonly Detection[], on: boolean) => set((now) => with_(now, all, on)), [])
  const choose = useCallback((d: Detection, on: boolean) => chooseAll([d], on), [chooseAll])
  const clear = useCallback(() => set(new Map()), [])
  const renew = useCallback(
    (changed: readonly Detection[]) =>
      set((now) =>
        with_(
          now,
          changed.filter((d) => now.has(d.id)),
          true,
        ),
      ),
    [],
  )
  return useMemo(() => ({ items, choose, chooseAll, clear, renew }), [items, choose, chooseAll, clear, renew])
}

function with_(now: ReadonlyMap<string, Detection>, all: readonly Detection[], on: boolean): ReadonlyMap<string, Detection> {
  const next = new Map(now)
  for (const d of all) {
    if (on) next.set(d.id, d)
    else next.delete(d.id)
  }
  return next
}
