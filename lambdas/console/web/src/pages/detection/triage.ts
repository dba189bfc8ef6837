// What becomes of a change of triage: it is made on what one saw, and where somebody was faster that is said and nothing is lost.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, Problem, told, type Schemas } from '../../api/client'
import { asProblem } from '../../api/read'
import type { Detection } from '../../api/names'
import { useTell } from '../../shell/Messages'
import { detectionKey } from './read'

export type Change = Omit<Schemas['TriageChange'], 'revision'>

/** A change that was not made because somebody else made one meanwhile. */
export interface Conflict {
  mine: Change
  said: string
  theirs: Detection // as it is now
  by?: string // who was faster
}

export interface Triage {
  busy: boolean
  problem?: Problem // of the last change
  conflict?: Conflict
  make: (c: Change, said: string) => Promise<boolean> // whether it was made
  insist: () => void // makes the change of the conflict all the same
  settle: () => void // forgets the conflict
}

/** Whether somebody changed the triage between two states; a detector's update is no reason to ask. */
export function triaged(before: Detection, now: Detection): boolean {
  const of = (d: Detection) => JSON.stringify([d.status, d.resolution ?? '', d.assignee ?? ''])
  return of(before) !== of(now)
}

const patch = (id: string, revision: number | undefined, c: Change) =>
  told(api.PATCH('/v1/detections/{id}', { params: { path: { id } }, body: { ...c, revision } }))

/** Makes changes of the triage of the detection that is shown. */
export function useTriage(shown: Detection): Triage {
  const queries = useQueryClient()
  const tell = useTell()
  const [conflict, setConflict] = useState<Conflict>()
  const id = shown.id

  const seen = (d: Detection) => {
    queries.setQueryData(detectionKey(id), d)
    void queries.invalidateQueries({ queryKey: [...detectionKey(id), 'history'] })
    void queries.invalidateQueries({ queryKey: ['detections'] })
  }
  const undo = (before: Detection, after: Detection) => async () =>
    seen(await patch(id, after.revision, { status: before.status, resolution: before.resolution ?? '', assignee: before.assignee ?? '' }))

  const change = useMutation<Detection | undefined, Error, { c: Change; said: string; from: Detection }>({
    mutationFn: async ({ c, said, from }) => {
      try {
        return await patch(id, from.revision, c)
      } catch (e) {
        if (asProblem(e).status !== 412) throw e
      }
      const now = await told(api.GET('/v1/detections/{id}', { params: { path: { id } } }))
      if (!triaged(from, now)) return patch(id, now.revision, c) // only a detector has been there
      seen(now)
      setConflict({ mine: c, said, theirs: now, by: await fasterOne(id) })
      return undefined
    },
    onSuccess: (now, { said, from }) => {
      if (!now) return
      seen(now)
      tell({ type: 'success', text: said, undo: undo(from, now) })
    },
  })

  const make = async (c: Change, said: string, from = shown) => {
    setConflict(undefined)
    try {
      return (await change.mutateAsync({ c, said, from })) !== undefined
    } catch (e) {
      tell({ type: 'error', text: `It was not changed: ${asProblem(e).message}` })
      return false
    }
  }
  return {
    busy: change.isPending,
    problem: change.error ? asProblem(change.error) : undefined,
    conflict,
    make,
    insist: () => conflict && void make(conflict.mine, conflict.said, conflict.theirs),
    settle: () => setConflict(undefined),
  }
}

// fasterOne says who changed it last; a log that cannot be read names nobody.
async function fasterOne(id: string): Promise<string | undefined> {
  try {
    const log = await told(api.GET('/v1/detections/{id}/history', { params: { path: { id }, query: { limit: 1 } } }))
    return log.items[0]?.actor
  } catch {
    return undefined
  }
}
