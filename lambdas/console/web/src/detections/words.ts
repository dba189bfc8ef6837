// A filter as one plain sentence: what a saved view, a tuning rule or a notification rule is about.
import type { DetectionFilter } from '../api/names'
import { tacticName } from '../attack/tactics'
import { techniqueName } from '../attack/techniques'
import { bandWord } from '../ui/Band'
import { visible } from '../ui/Wire'
import { categoryWord, isBand, isResolution, isStatus, resolutionWord, statusWord } from './names'
import { momentOf, nobody, none, slots, type Role, type Slot } from './slots'

/** What a value is called; the key is that of its place: "type", "offender.device". */
export type Naming = (key: string, value: string) => string

/** Names what has a name of its own in the console; the rest is called what it is, with all of it visible. */
export const plainNames: Naming = (key, value) => {
  if (key === 'band' && isBand(value)) return bandWord[value]
  if (key === 'status' && isStatus(value)) return statusWord[value]
  if (key === 'resolution') return value === none ? 'none given' : isResolution(value) ? resolutionWord[value] : visible(value, 100)
  if (key === 'category') return visible(categoryWord(value), 100)
  if (key === 'tactic') return visible(tacticName(value), 100)
  if (key === 'technique') return techniqueName(value) === value ? visible(value, 100) : `${value} ${techniqueName(value)}`
  if (key === 'assignee' && value === nobody) return 'nobody'
  return visible(value, 100)
}

const shown = 5 // values of a list that are named; the rest is counted

/** Says a filter in one sentence. */
export function filterWords(f: DetectionFilter, names: Naming = plainNames): string {
  const said = clauses(f, names)
  const not = (f.not ?? []).map((n) => clauses(n, names).join(', ')).map((n) => (n ? `none ${n}` : 'none at all'))
  const hidden = f.hidden === 'include' ? ['hidden ones too'] : f.hidden === 'only' ? ['only those that a tuning rule hides'] : []
  const head = said.length > 0 ? `Detections ${said.join(', ')}` : 'All detections'
  return [not.length > 0 ? `${head}, but ${not.join(' and ')}` : head, ...hidden].join('; ') + '.'
}

function clauses(f: DetectionFilter, names: Naming): string[] {
  const of = (s: Slot) => s.get(f)
  const general = slots
    .filter((s) => !s.role && of(s).length > 0)
    .map((s) => clause(s, of(s), names))
    .filter((c) => c !== '')
  const parties = (['offender', 'victim', 'participant'] as const).flatMap((role) => party(role, f, names))
  return [...general, ...parties]
}

function clause(s: Slot, values: readonly string[], names: Naming): string {
  const [one = ''] = values
  const at = () => `${new Date(momentOf(one) ?? NaN).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  switch (s.name) {
    case 'hidden':
      return '' // said of the whole
    case 'ongoing':
      return one === 'yes' ? 'that go on' : 'that are over'
    case 'text':
      return `that mention “${visible(one, 200)}”`
    case 'min_score':
      return `whose risk is at least ${one}`
    case 'max_score':
      return `whose risk is at most ${one}`
    case 'started_from':
      return `that started at or after ${at()}`
    case 'started_to':
      return `that started before ${at()}`
    case 'updated_from':
      return `that were last active at or after ${at()}`
    case 'updated_to':
      return `that were last active before ${at()}`
    case 'modified_from':
      return `that were stored or triaged at or after ${at()}`
    default:
      return `whose ${s.words} is ${or(values.map((v) => names(s.key, v)))}`
  }
}

const article: Record<Role, string> = { offender: 'an offender', victim: 'a victim', participant: 'a participant' }

function party(role: Role, f: DetectionFilter, names: Naming): string[] {
  const said = slots.filter((s) => s.role === role && s.get(f).length > 0)
  if (said.length === 0) return []
  const outside = said.find((s) => s.words === 'outside')?.get(f)[0]
  const where = outside === 'yes' ? ' from outside' : outside === 'no' ? ' of the own networks' : ''
  const rest = said.filter((s) => s.words !== 'outside').map((s) => partyClause(s, s.get(f), names))
  return [`with ${article[role]}${where}${rest.length > 0 ? ` ${rest.join(' and ')}` : ''}`]
}

// All of the tags must be there; of other values any.
function partyClause(s: Slot, values: readonly string[], names: Naming): string {
  const named = values.map((v) => names(s.key, v))
  if (s.words !== 'tag') return `whose ${s.words} is ${or(named)}`
  return named.length === 1 ? `with the tag ${named[0]}` : `with the tags ${list(named, 'and')}`
}

const or = (values: string[]) => list(values, 'or')

function list(values: string[], word: string): string {
  const some = values.length > shown ? [...values.slice(0, shown - 1), `${values.length - shown + 1} more`] : values
  return some.length < 2 ? (some[0] ?? '') : `${some.slice(0, -1).join(', ')} ${word} ${some.at(-1)}`
}
