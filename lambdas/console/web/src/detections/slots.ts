// Every place of a filter where something may stand, each as a list of texts: what tokens, the URL and sentences are made of.
import type { DetectionFilter, ParticipantFilter } from '../api/names'
import { isBand, isResolution, isStatus } from './names'

export type Operator = '=' | '>=' | '<=' | '<' | ':'
export type Role = 'participant' | 'offender' | 'victim'

/** One place of a filter. `key` and `op` name it in the filter bar, `name` in the URL. */
export interface Slot {
  name: string
  key: string // '': free text
  op: Operator
  several: boolean // any of several values; else one
  words: string // "type", "address": what its values are, within a sentence
  role?: Role
  get: (f: DetectionFilter) => readonly string[] // empty: nothing stands there
  put: (f: DetectionFilter, values: readonly string[]) => string | undefined // gives what is wrong with the values, which then do not stand
}

/** How nobody, and no resolution, are written: neither may be called so. */
export const nobody = '(nobody)'
export const none = '(none)'

type ListName = 'ids' | 'types' | 'categories' | 'tactics' | 'techniques' | 'sensors'

const list = (name: ListName, key: string, words: string): Slot => ({
  name: key,
  key,
  op: '=',
  several: true,
  words,
  get: (f) => f[name] ?? [],
  put: (f, v) => void (f[name] = [...v]),
})

function chosen<T extends string>(values: readonly string[], is: (s: string) => s is T, what: string): T[] | string {
  const wrong = values.find((v) => !is(v))
  return wrong === undefined ? values.filter(is) : `"${wrong}" is no ${what}`
}

function numbers(values: readonly string[], most: number, what: string): number[] | string {
  const wrong = values.find((v) => !/^\d{1,8}$/.test(v) || Number(v) > most)
  return wrong === undefined ? values.map(Number) : `"${wrong}" is no ${what}: 0 to ${most}`
}

// either puts a list, or gives back what is wrong with it.
function either<T>(got: T[] | string, put: (list: T[]) => void): string | undefined {
  if (typeof got === 'string') return got
  put(got)
  return undefined
}

const score = (name: 'min_score' | 'max_score', op: Operator): Slot => ({
  name,
  key: 'score',
  op,
  several: false,
  words: 'risk',
  get: (f) => (f[name] ? [String(f[name])] : []),
  put: (f, v) => either(numbers(v, 99, 'risk'), ([n]) => void (f[name] = n)),
})

type TimeName = 'from' | 'to' | 'updated_from' | 'updated_to' | 'modified_from'

const time = (member: TimeName, name: string, key: string, op: Operator, words: string): Slot => ({
  name,
  key,
  op,
  several: false,
  words,
  get: (f) => (f[member] ? [f[member]] : []),
  put: (f, [v = '']) => {
    const ms = momentOf(v)
    if (ms === undefined) return `"${v}" is no time: 2026-03-01 13:00 (UTC)`
    f[member] = Date.parse(v) === ms && v.includes('T') ? v : new Date(ms).toISOString()
    return undefined
  },
})

/** Reads a time as a person writes it, in UTC: "2026-03-01", "2026-03-01 13:00", or RFC 3339. */
export function momentOf(text: string): number | undefined {
  const m = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d(?:\.\d{1,9})?)?)?(?: ?(?:UTC|Z)|([+-]\d\d:\d\d))?$/.exec(text.trim())
  if (!m) return undefined
  const ms = Date.parse(`${m[1]}T${m[2] ?? '00:00'}${m[3] ?? ':00'}${m[4] ?? 'Z'}`)
  return Number.isNaN(ms) ? undefined : ms
}

const yes = (b: boolean | undefined) => (b === undefined ? [] : [b ? 'yes' : 'no'])

function flag(v: string | undefined, put: (b: boolean) => void): string | undefined {
  if (v !== 'yes' && v !== 'no') return `"${v}" is neither yes nor no`
  put(v === 'yes')
  return undefined
}

const general: Slot[] = [
  list('types', 'type', 'type'),
  list('categories', 'category', 'category'),
  list('tactics', 'tactic', 'tactic'),
  list('techniques', 'technique', 'technique'),
  {
    name: 'band',
    key: 'band',
    op: '=',
    several: true,
    words: 'risk',
    get: (f) => f.bands ?? [],
    put: (f, v) => either(chosen(v, isBand, 'band of risk'), (l) => void (f.bands = l)),
  },
  score('min_score', '>='),
  score('max_score', '<='),
  {
    name: 'status',
    key: 'status',
    op: '=',
    several: true,
    words: 'status',
    get: (f) => f.statuses ?? [],
    put: (f, v) => either(chosen(v, isStatus, 'status'), (l) => void (f.statuses = l)),
  },
  {
    name: 'resolution',
    key: 'resolution',
    op: '=',
    several: true,
    words: 'resolution',
    get: (f) => (f.resolutions ?? []).map((r) => r || none),
    put: (f, v) =>
      either(
        chosen(
          v.map((r) => (r === none ? '' : r)),
          isResolution,
          'resolution',
        ),
        (l) => void (f.resolutions = l),
      ),
  },
  {
    name: 'assignee',
    key: 'assignee',
    op: '=',
    several: true,
    words: 'assignee',
    get: (f) => (f.assignees ?? []).map((a) => a || nobody),
    put: (f, v) => void (f.assignees = v.map((a) => (a === nobody ? '' : a))),
  },
  {
    name: 'ongoing',
    key: 'ongoing',
    op: '=',
    several: false,
    words: 'ongoing',
    get: (f) => yes(f.ongoing),
    put: (f, [v]) => flag(v, (b) => void (f.ongoing = b)),
  },
  list('sensors', 'sensor', 'sensor'),
  {
    name: 'vni',
    key: 'vni',
    op: '=',
    several: true,
    words: 'VNI',
    get: (f) => (f.vnis ?? []).map(String),
    put: (f, v) => either(numbers(v, 16_777_215, 'VNI'), (l) => void (f.vnis = l)),
  },
  list('ids', 'id', 'id'),
  time('from', 'started_from', 'start', '>=', 'start'),
  time('to', 'started_to', 'start', '<', 'start'),
  time('updated_from', 'updated_from', 'update', '>=', 'last activity'),
  time('updated_to', 'updated_to', 'update', '<', 'last activity'),
  time('modified_from', 'modified_from', 'modified', '>=', 'last change'),
  {
    name: 'text',
    key: '',
    op: ':',
    several: false,
    words: 'text',
    get: (f) => (f.text ? [f.text] : []),
    put: (f, [v = '']) => (v.length >= 3 ? void (f.text = v.slice(0, 200)) : 'A text to search for has at least three letters'),
  },
  {
    name: 'hidden',
    key: 'hidden',
    op: '=',
    several: false,
    words: 'hidden',
    get: (f) => (f.hidden ? [f.hidden] : []),
    put: (f, [v]) =>
      v === 'include' || v === 'only' ? void (f.hidden = v) : v === 'exclude' ? undefined : `"${v}" is none of include, only, exclude`,
  },
]

type PartyList = 'devices' | 'addresses' | 'hostnames' | 'vpcs' | 'accounts' | 'interfaces' | 'instances' | 'users'

const partyLists: [PartyList, string, string][] = [
  ['devices', 'device', 'device'],
  ['addresses', 'address', 'address'],
  ['hostnames', 'host', 'host name'],
  ['users', 'user', 'user'],
  ['vpcs', 'vpc', 'VPC'],
  ['accounts', 'account', 'account'],
  ['interfaces', 'interface', 'interface'],
  ['instances', 'instance', 'instance'],
]

const network = /^(\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(\/\d{1,3})?)$/

function party(role: Role): Slot[] {
  const of = (f: DetectionFilter): ParticipantFilter => f[role] ?? {}
  const on = (f: DetectionFilter): ParticipantFilter => (f[role] ??= {})
  const slot = (key: string, words: string, several: boolean, get: Slot['get'], put: Slot['put']): Slot => ({
    name: `${role}.${key}`,
    key: `${role}.${key}`,
    op: '=',
    several,
    words,
    role,
    get,
    put,
  })
  return [
    ...partyLists.map(([member, key, words]) =>
      slot(
        key,
        words,
        true,
        (f) => of(f)[member] ?? [],
        (f, v) => {
          const wrong = member === 'addresses' ? v.find((a) => !network.test(a)) : undefined
          if (wrong !== undefined) return `"${wrong}" is no address and no network: 10.1.2.3 or 10.0.0.0/8`
          on(f)[member] = [...v]
          return undefined
        },
      ),
    ),
    slot(
      'port',
      'port',
      true,
      (f) => (of(f).ports ?? []).map(String),
      (f, v) => either(numbers(v, 65_535, 'port'), (l) => void (on(f).ports = l)),
    ),
    slot(
      'tag',
      'tag',
      true,
      (f) => Object.entries(of(f).tags ?? {}).map(([k, v]) => `${k}=${v}`),
      (f, v) => {
        const wrong = v.find((t) => t.indexOf('=') < 1)
        if (wrong !== undefined) return `"${wrong}" is no tag: env=prod, or env=* for any value`
        on(f).tags = Object.fromEntries(v.map((t) => [t.slice(0, t.indexOf('=')), t.slice(t.indexOf('=') + 1)]))
        return undefined
      },
    ),
    slot(
      'external',
      'outside',
      false,
      (f) => yes(of(f).external),
      (f, [v]) => flag(v, (b) => void (on(f).external = b)),
    ),
  ]
}

/** Every place but `not`. */
export const slots: readonly Slot[] = [...general, ...party('offender'), ...party('victim'), ...party('participant')]
