// What somebody says of detections: one or many at once, with what came of each, and the way back.
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo, useRef } from 'react'
import { api, told, type Schemas } from '../../api/client'
import { asProblem } from '../../api/read'
import type { Detection } from '../../api/names'
import { statusWord } from '../../detections/names'
import { useTell } from '../../shell/Messages'
import { counted } from '../../ui/number'
import { visible } from '../../ui/Wire'
import { mostAtOnce } from './choice'
import { usePatch } from './data'

export type Change = Schemas['TriageChange']

/** One that was not changed, and why. */
export interface Unchanged {
  d: Detection
  why: string
}

const mostShown = 1000 // by one answer of a search

const whys: Record<Schemas['BulkItem']['result'], string> = {
  changed: '',
  not_found: 'it is not there any more',
  conflict: 'somebody else changed it at the same moment',
  invalid: 'the change does not fit it',
  failed: 'the server failed',
}

/** Gives what takes a change back: detections as they were before, put together by what they were. */
export function undoing(before: readonly Detection[]): { ids: string[]; change: Change }[] {
  const by = new Map<string, { ids: string[]; change: Change }>()
  for (const d of before) {
    const change = { status: d.status, resolution: d.resolution ?? '', assignee: d.assignee ?? '' }
    const key = JSON.stringify(change)
    by.set(key, { change, ids: [...(by.get(key)?.ids ?? []), d.id] })
  }
  return [...by.values()]
}

// However many there are: as many at a time as the API takes.
async function bulk(ids: string[], change: Change): Promise<Schemas['BulkItem'][]> {
  const items: Schemas['BulkItem'][] = []
  for (let i = 0; i < ids.length; i += mostAtOnce) {
    items.push(...(await told(api.POST('/v1/detections/bulk', { body: { ids: ids.slice(i, i + mostAtOnce), change } }))).items)
  }
  return items
}

/** Says in words what a change did to how many. */
export function changeWords(n: number, c: Change): string {
  const of = counted(n, 'detection')
  if (c.status) return `${of}: ${statusWord[c.status].toLowerCase()} now.`
  if (c.assignee !== undefined) return c.assignee ? `${of}: assigned to ${visible(c.assignee, 64)}.` : `${of}: assigned to nobody.`
  return `${of} changed.`
}

const standing = (d: Detection) => `${statusWord[d.status].toLowerCase()} now${d.assignee ? `, assigned to ${visible(d.assignee, 64)}` : ''}`

export interface Triage {
  one: (d: Detection, c: Change) => Promise<void>
  many: (all: readonly Detection[], c: Change) => Promise<Unchanged[]> // throws the Problem where nothing came of it
}

/** Gives what changes triage. What lists show is changed in its place; counts are asked for anew. */
export function useTriage(onChanged?: (changed: readonly Detection[]) => void): Triage {
  const tell = useTell()
  const client = useQueryClient()
  const patch = usePatch()
  const settle = useCallback(
    async (changed: readonly Detection[]) => {
      patch(changed)
      onChanged?.(changed)
      for (const of of ['groups', 'histogram', 'hidden', 'values']) void client.invalidateQueries({ queryKey: ['detections', of] })
      for (const d of changed) void client.invalidateQueries({ queryKey: ['detection', d.id] })
    },
    [client, patch, onChanged],
  )
  const renew = async (ids: string[]) => {
    const now = await told(api.POST('/v1/detections/search', { body: { filter: { ids, hidden: 'include' }, limit: Math.max(1, Math.min(ids.length, mostShown)) } }))
    await settle(now.items)
    return now.items
  }
  const one = async (d: Detection, c: Change) => {
    const send = (revision: number | undefined, change: Change) =>
      told(api.PATCH('/v1/detections/{id}', { params: { path: { id: d.id } }, body: { ...change, revision } }))
    try {
      const now = await send(d.revision, c)
      await settle([now])
      const [back] = undoing([d])
      tell({
        type: 'success',
        text: `${visible(d.title, 60)}: ${statusWord[now.status].toLowerCase()} now.`,
        undo: async () => settle([await send(now.revision, back?.change ?? {})]),
      })
    } catch (e) {
      const p = asProblem(e)
      if (p.status !== 412) return tell({ type: 'error', text: `${visible(d.title, 60)} was not changed: ${p.message}` })
      const [now] = await renew([d.id]).catch(() => [])
      tell({
        type: 'warning',
        text: `Somebody was faster: ${visible(d.title, 60)} is ${now ? standing(now) : 'changed now'}. Nothing was changed by you.`,
      })
    }
  }
  const many = async (all: readonly Detection[], c: Change) => {
    const result = await bulk(
      all.map((d) => d.id),
      c,
    )
    const unchanged = result.filter((i) => i.result !== 'changed')
    const changed = all.filter((d) => !unchanged.some((u) => u.id === d.id))
    await renew(all.map((d) => d.id)).catch(() => client.invalidateQueries({ queryKey: ['detections'] }))
    const undo = async () => {
      for (const u of undoing(changed)) await bulk(u.ids, u.change)
      await renew(changed.map((d) => d.id))
    }
    const note = c.note ? ' The note was added, and stays if you undo.' : ''
    if (changed.length > 0)
      tell({
        type: 'success',
        text: changeWords(changed.length, c) + note,
        undo: c.status || c.assignee !== undefined || c.resolution !== undefined ? undo : undefined,
      })
    return unchanged
      .map((u) => ({ d: all.find((d) => d.id === u.id), why: [whys[u.result], u.detail].filter(Boolean).join(': ') }))
      .filter((u): u is Unchanged => u.d !== undefined)
  }
  const latest = useRef({ one, many })
  latest.current = { one, many }
  return useMemo(() => ({ one: (d, c) => latest.current.one(d, c), many: (all, c) => latest.current.many(all, c) }), []) // cards need not be drawn anew for it
}
