// How pages change something: what it touches is read anew, and how it went is said.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTell } from '../shell/Messages'
import type { Problem } from './client'
import { asProblem } from './read'

interface Options<T> {
  touches: readonly string[] // first members of the keys of what is read anew
  done?: (result: T) => void
  says?: (result: T) => { text: ReactNode; undo?: () => Promise<unknown>; type?: 'success' | 'warning' } | undefined
  failed?: (p: Problem) => boolean // true: it is said elsewhere, at the form
}

export interface Change<V> {
  run: (v: V) => void
  busy: boolean
  of?: V // what is on its way, or was last
  problem?: Problem
  reset: () => void
}

/** Gives what makes a change. What fails is said above the page, unless `failed` says that a form shows it. */
export function useChange<T, V>(make: (v: V) => Promise<T>, o: Options<T>): Change<V> {
  const queries = useQueryClient()
  const tell = useTell()
  const renew = () => o.touches.forEach((key) => void queries.invalidateQueries({ queryKey: [key] }))
  const m = useMutation({
    mutationFn: make,
    onSuccess: (result) => {
      renew()
      o.done?.(result)
      const said = o.says?.(result)
      if (said) tell({ type: said.type ?? 'success', text: said.text, undo: said.undo && (() => said.undo?.().then(renew)) })
    },
    onError: (e) => {
      const p = asProblem(e)
      if (p.status === 404 || p.status === 412) renew() // somebody was faster: what is there now is shown
      if (!o.failed?.(p)) tell({ type: 'error', text: p.status === 412 ? 'Somebody else changed it meanwhile: what is there now is shown. Try again.' : p.message })
    },
  })
  return { run: m.mutate, busy: m.isPending, of: m.variables, problem: m.error ? asProblem(m.error) : undefined, reset: m.reset }
}
