// An entry of the audit log about a detection, in words.
import type { Schemas } from '../../api/client'
import { plain, resolutionWord, statusWord } from './words'

type Entry = Schemas['AuditEntry']

/** One member that changed. */
export interface Changed {
  name: string
  before: string
  after: string
}

const acts: Record<string, string> = { 'detection.update': 'changed it', 'packets.read': 'took the packets' }

export const actOf = (e: Entry): string => acts[e.action] ?? plain(e.action).toLowerCase()

/** Says who: people by name, keys and rules as such. */
export function actorOf(actor: string): string {
  const [, kind, name = ''] = /^(key|rule):(.*)$/s.exec(actor) ?? []
  return kind === 'key' ? `API key ${name}` : kind === 'rule' ? `Tuning rule ${name}` : actor
}

/** What is different between before and after. Revisions and times change with everything and say nothing. */
export function changesOf(e: Entry): Changed[] {
  const [before, after] = [members(e.before), members(e.after)]
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((n) => !silent.has(n))
  return names.map((n) => ({ name: plain(n), before: text(n, before[n]), after: text(n, after[n]) })).filter((c) => c.before !== c.after)
}

const silent = new Set(['revision', 'modified', 'id'])
const members = (v: unknown): Record<string, unknown> => (typeof v === 'object' && v !== null && !Array.isArray(v) ? (v as Record<string, unknown>) : {})

function text(name: string, v: unknown): string {
  if (v === undefined || v === null || v === '') return 'none'
  if (name === 'status' && typeof v === 'string' && Object.hasOwn(statusWord, v)) return statusWord[v as keyof typeof statusWord]
  if (name === 'resolution' && typeof v === 'string' && Object.hasOwn(resolutionWord, v)) return resolutionWord[v as keyof typeof resolutionWord]
  if (Array.isArray(v)) return name === 'notes' ? `${v.length}` : v.map(String).join(', ')
  return typeof v === 'object' ? JSON.stringify(v) : String(v)
}
