// Saving what people say of a device. Who was slower sees what is there now, and keeps what was typed.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, told, type Problem } from '../../api/client'
import type { Device } from '../../api/names'
import { asProblem } from '../../api/read'
import { useTell } from '../../shell/Messages'
import { useDraft } from '../../state/draft'

export interface Said {
  name: string
  role: string
  high_value: boolean
  note: string
}

export const saidOf = (d: Device): Said => ({ name: d.overrides.name ?? '', role: d.overrides.role ?? '', high_value: d.overrides.high_value ?? false, note: d.overrides.note ?? '' })

const isSaid = (x: unknown): x is Said => {
  const s = x as Partial<Said> | null
  return typeof s === 'object' && s !== null && typeof s.name === 'string' && typeof s.role === 'string' && typeof s.high_value === 'boolean' && typeof s.note === 'string'
}

export interface Saving {
  value: Said
  set: (s: Said) => void
  send: () => void
  busy: boolean
  problem?: Problem
  theirs?: Said // somebody was faster: what is there now
  take: () => void
  overwrite: () => void
}

export function useSave(d: Device, done: () => void): Saving {
  const queries = useQueryClient()
  const tell = useTell()
  const draft = useDraft(`device.${d.id}`, saidOf(d), isSaid)
  const [revision, setRevision] = useState(d.revision ?? 0)
  const [theirs, setTheirs] = useState<Device>()
  const renew = () => ['device', 'devices'].forEach((key) => void queries.invalidateQueries({ queryKey: [key] }))
  const m = useMutation({
    mutationFn: (at: number) => told(api.PATCH('/v1/devices/{id}', { params: { path: { id: d.id }, header: { 'If-Match': `"${at}"` } }, body: trimmed(draft.value) })),
    onSuccess: () => {
      draft.forget()
      renew()
      tell({ type: 'success', text: 'What you said of the device is saved.' })
      done()
    },
    onError: async (e) => {
      if (asProblem(e).status !== 412) return
      setTheirs(await told(api.GET('/v1/devices/{id}', { params: { path: { id: d.id } } })).catch(() => undefined))
      renew()
    },
  })
  const settle = () => {
    const at = theirs?.revision ?? 0
    setRevision(at)
    setTheirs(undefined)
    m.reset()
    return at
  }
  return {
    value: draft.value, set: draft.set, busy: m.isPending, problem: theirs ? undefined : m.error ? asProblem(m.error) : undefined, theirs: theirs && saidOf(theirs),
    send: () => m.mutate(revision),
    take: () => { if (theirs) draft.set(saidOf(theirs)); settle() },
    overwrite: () => m.mutate(settle()),
  }
}

const trimmed = (s: Said): Said => ({ ...s, name: s.name.trim(), role: s.role.trim() })

/** What the API said of a field. */
export function fieldError(p: Problem | undefined, field: string): string | undefined {
  return p?.errors.filter((e) => e.field === field || e.field === `body.${field}`).map((e) => `Allowed is ${e.allowed}`).join('; ') || undefined
}
