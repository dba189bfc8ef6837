// Filters at random, the same for the same seed: what the tests of this folder hold their round trips against.
import type { DetectionFilter, ParticipantFilter } from '../api/names'
import { bands } from '../ui/Band'
import { resolutionWord, statusWord, type Resolution, type Status } from './names'

export type Random = () => number

/** Mulberry32. */
export function seeded(seed: number): Random {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const below = (r: Random, n: number) => Math.floor(r() * n)
const words = [
  'a',
  'web-1',
  'a,b',
  '\\',
  ',',
  'x=y',
  '"q"',
  '<b>',
  '\u202eabc',
  'ü&?',
  'a\\,b',
  '100%',
  '+1',
  'T1110',
  '#',
  'not.type',
  "o'neil",
  '日本',
  '{"a":1}',
  'a  b',
]
const word = (r: Random) => words[below(r, words.length)] ?? 'w'

function few<T>(r: Random, one: (r: Random) => T): T[] {
  const out = new Map<string, T>()
  for (let n = 1 + below(r, 3); n > 0; n--) {
    const v = one(r)
    out.set(String(v), v)
  }
  return [...out.values()]
}

const time = (r: Random) => new Date(1_700_000_000_000 + below(r, 100_000_000) * 1000).toISOString()
const some =
  <T>(list: readonly T[]) =>
  (r: Random) =>
    list[below(r, list.length)] as T

function party(r: Random): ParticipantFilter {
  const p: ParticipantFilter = {}
  const maybe = () => r() < 0.25
  for (const m of ['devices', 'hostnames', 'vpcs', 'accounts', 'interfaces', 'instances', 'users'] as const) if (maybe()) p[m] = few(r, word)
  if (maybe()) p.addresses = few(r, some(['10.0.0.0/8', '10.1.2.3', '::1', '2001:db8::/32']))
  if (maybe()) p.ports = few(r, (r) => below(r, 65_536))
  if (maybe()) p.external = r() < 0.5
  if (maybe())
    p.tags = Object.fromEntries(few(r, some(['env', 'a,b', 'team', ' k'.trim()])).map((k) => [k, some(['prod', '*', 'a=b', 'x, y', ''])(r)]))
  if (Object.keys(p).length === 0) p.external = true
  return p
}

const makes: ((f: DetectionFilter, r: Random) => void)[] = [
  ...(['ids', 'types', 'categories', 'tactics', 'techniques', 'sensors'] as const).map(
    (m) => (f: DetectionFilter, r: Random) => void (f[m] = few(r, word)),
  ),
  ...(['from', 'to', 'updated_from', 'updated_to', 'modified_from'] as const).map((m) => (f: DetectionFilter, r: Random) => void (f[m] = time(r))),
  ...(['participant', 'offender', 'victim'] as const).map((m) => (f: DetectionFilter, r: Random) => void (f[m] = party(r))),
  (f, r) => void (f.ongoing = r() < 0.5),
  (f, r) => void (f.bands = few(r, some(bands))),
  (f, r) => void (f.min_score = 1 + below(r, 99)),
  (f, r) => void (f.max_score = 1 + below(r, 99)),
  (f, r) => void (f.statuses = few(r, some(Object.keys(statusWord) as Status[]))),
  (f, r) => void (f.resolutions = few(r, some(Object.keys(resolutionWord) as Resolution[]))),
  (f, r) => void (f.assignees = few(r, some(['', 'mona', 'me', 'a.b@c']))),
  (f, r) => void (f.vnis = few(r, (r) => below(r, 16_777_216))),
  (f, r) => void (f.text = some(['abc', ' x y ', 'a,b\\c', '10.0.0.1'])(r)),
]

/** A filter with some of all that a filter may have, and nothing that says nothing. */
export function randomFilter(r: Random, inner = false): DetectionFilter {
  const f: DetectionFilter = {}
  const share = r() * r()
  for (const make of makes) if (r() < share) make(f, r)
  if (inner) return f
  if (r() < 0.2) f.hidden = r() < 0.5 ? 'include' : 'only'
  const not = Array.from({ length: below(r, 4) }, () => randomFilter(r, true))
  if (not.length > 0) f.not = not
  return f
}
