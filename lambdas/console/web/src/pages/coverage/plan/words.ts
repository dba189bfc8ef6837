// A plan in words: how much of it, what each action does, why steps are held back.
import type { StatusIndicatorProps } from '@cloudscape-design/components/status-indicator'
import type { Schemas } from '../../../api/client'
import { counted, digits } from '../../../ui/number'

export type MirrorPlan = Schemas['MirrorPlan']
export type Step = Schemas['MirrorStep']
export type Does = Step['does']
export type Outcome = NonNullable<Step['outcome']>
export type Kind = MirrorPlan['kind']

export const kinds: Readonly<Record<Kind, string>> = { sweep: 'A sweep', look: 'A look, which changed nothing', teardown: 'A teardown' }

/** What stands before an action: as with terraform and `mirrorwatch mirror plan`. */
export const signs: Readonly<Record<Does, { sign: string; means: string }>> = {
  create: { sign: '+', means: 'makes' },
  modify: { sign: '~', means: 'changes' },
  delete: { sign: '−', means: 'takes away' },
}

/** "Create session" of create_session. */
export const actionName = (action: string): string => {
  const words = action.replaceAll('_', ' ').replaceAll('vni', 'VNI')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export const outcomes: Readonly<Record<Outcome, { name: string; sign: StatusIndicatorProps.Type }>> = {
  failed: { name: 'Failed', sign: 'error' },
  left: { name: 'Left for the next pass', sign: 'pending' },
  done: { name: 'Done', sign: 'success' },
}

export const isOutcome = (s: string | undefined): s is Outcome => s !== undefined && Object.hasOwn(outcomes, s)

const rails: Readonly<Record<string, string>> = {
  deletes: 'they are more deletions than one pass may make',
  frozen: 'the policy is frozen',
  failed: 'their place was not seen whole',
  waits: 'what they need is not there yet',
}

/** Why a kind of rail holds steps back. */
export const railName = (rail: string): string => (Object.hasOwn(rails, rail) ? (rails[rail] ?? rail) : rail)

/** How many steps there are, of all that were counted: told or not. */
export function sums(p: MirrorPlan): Record<Does | Outcome | 'total', number> {
  const n = { create: 0, modify: 0, delete: 0, done: 0, failed: 0, left: 0, total: 0 }
  for (const c of p.counts.steps) {
    n.total += c.count
    if (c.does) n[c.does] += c.count
    if (c.outcome) n[c.outcome] += c.count
  }
  return n
}

/** The plan in one sentence. */
export function sentence(p: MirrorPlan): string {
  const n = sums(p)
  if (n.total === 0) return p.kind === 'look' ? 'Nothing is to be done.' : 'Nothing was to be done.'
  const todo = `${digits(n.create)} to create, ${digits(n.modify)} to modify, ${digits(n.delete)} to delete`
  if (p.kind === 'look') return `${todo}.`
  return `${todo}: ${digits(n.done)} done, ${digits(n.failed)} failed, ${digits(n.left)} left for the next pass.`
}

/** What rails hold back, a sentence for each kind of rail. */
export function heldBack(p: MirrorPlan): string[] {
  const by = new Map<string, number>()
  for (const c of p.counts.held) by.set(c.rail, (by.get(c.rail) ?? 0) + c.count)
  return [...by].sort(([a], [b]) => a.localeCompare(b)).map(([rail, n]) => `${counted(n, 'step is', 'steps are')} held back: ${railName(rail)}.`)
}

/** "208.05 USD". */
export const usd = (n: number): string => `${n.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })} USD`

/** "+10.95 USD", "−10.95 USD", or nothing where nothing is added. */
export const added = (n: number): string => (Math.abs(n) < 0.005 ? '' : `${n < 0 ? '−' : '+'}${usd(Math.abs(n))}`)

/** An object without what its place says already: of an ARN its last part. */
export const objectName = (id: string): string => (id.startsWith('arn:') ? id.slice(id.lastIndexOf(':') + 1) : id)

/** Whether a place was not looked at, or not seen whole. */
export const unseen = (p: MirrorPlan['places'][number]): boolean => p.skipped !== undefined || (p.failures?.length ?? 0) > 0

export interface StepFilter {
  action: string
  outcome: string
}

export const matching = (list: readonly Step[], f: StepFilter): Step[] =>
  list.filter((s) => (!f.action || s.action === f.action) && (!f.outcome || s.outcome === f.outcome))
