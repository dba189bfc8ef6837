// Saving a rule: what a field got wrong is told at the field, and who was slower sees what is there now.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, told, type Problem, type Schemas } from '../api/client'
import { asProblem } from '../api/read'
import type { TuningRule } from '../api/names'

type RuleItem = Schemas['TuningRuleItem']

/** What a change of the rules may change elsewhere. */
export const touched = ['tuning-rules', 'tuning-hides', 'tuning-preview', 'detections', 'detection', 'incidents', 'device']

export interface Saving {
  send: (rule: TuningRule, revision?: number) => void // the revision that it rests on, where it is another than the form began with
  busy: boolean
  problem?: Problem
  theirs?: RuleItem // somebody was faster: what is there now
  settle: () => void // what was theirs has been taken over
}

/** Makes a rule, or changes the one that is named, where it still is of the revision `base`. */
export function useSaveRule(of: Pick<RuleItem, 'id'> | undefined, base: number, done: (saved: RuleItem) => void): Saving {
  const queries = useQueryClient()
  const [theirs, setTheirs] = useState<RuleItem>()
  const m = useMutation({
    mutationFn: ({ rule, revision }: { rule: TuningRule; revision?: number }) => sent(rule, of?.id, revision ?? base),
    onSuccess: (saved) => {
      for (const key of touched) void queries.invalidateQueries({ queryKey: [key] })
      done(saved)
    },
    onError: async (e) => {
      if (of && asProblem(e).status === 412) setTheirs(await told(api.GET('/v1/tuning/rules/{id}', { params: { path: { id: of.id } } })).catch(() => undefined))
    },
  })
  const problem = m.error ? asProblem(m.error) : undefined
  const settle = () => {
    setTheirs(undefined)
    m.reset()
  }
  return { send: (rule, revision) => { setTheirs(undefined); m.mutate({ rule, revision }) }, busy: m.isPending, problem: theirs ? undefined : problem, theirs, settle }
}

function sent(rule: TuningRule, id: string | undefined, revision: number | undefined): Promise<RuleItem> {
  const body = { ...rule, name: rule.name.trim(), created_by: undefined }
  if (id === undefined) return told(api.POST('/v1/tuning/rules', { body }))
  return told(api.PUT('/v1/tuning/rules/{id}', { params: { path: { id }, header: { 'If-Match': `"${revision ?? 0}"` } }, body }))
}

/** Sorts what the API said by field: `of` gives it for a field or what is below it, and `rest` is whatever no field was asked for. */
export function fieldsOf(p: Problem | undefined, fields: readonly string[] = ['name', 'description', 'match', 'expires', 'enabled']): { of: (field: string) => string | undefined; rest: string | undefined } {
  const all = (p?.errors ?? []).map((e) => ({ field: e.field, text: `${e.value ? `“${e.value}”: ` : ''}allowed is ${e.allowed}` }))
  const at = (field: string, e: { field: string }) => e.field === field || e.field.startsWith(`${field}.`)
  const rest = all.filter((e) => !fields.some((f) => at(f, e))).map((e) => `${e.field}: ${e.text}`)
  return {
    of: (field) => all.filter((e) => at(field, e)).map((e) => e.text).join('; ') || undefined,
    rest: p && (all.length === 0 ? p.message : rest.join('; ') || undefined),
  }
}
