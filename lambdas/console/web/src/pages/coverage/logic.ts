// What the page of coverage works out of what it is told.
import type { Schemas } from '../../api/client'
import { csv } from '../../export/rows'
import type { Query } from '../../state/url'
import { isState, stateOf, type State } from './states'

export type Coverage = Schemas['Coverage']
export type Share = Schemas['CoverageShare']
export type Point = Schemas['CoveragePoint']

export interface Filter {
  states: State[]
  account: string
  region: string
  vpc: string
  text: string
}

export const readFilter = (q: Query): Filter => ({
  states: (q.state ?? '').split(',').filter(isState), account: q.account ?? '', region: q.region ?? '', vpc: q.vpc ?? '', text: q.text ?? '',
})

/** The rows that match; the text may be in any word of theirs. */
export function matching(list: readonly Coverage[], f: Filter): Coverage[] {
  const text = f.text.trim().toLowerCase()
  return list.filter((c) =>
    (f.states.length === 0 || f.states.includes(c.state)) && (!f.account || c.account === f.account) && (!f.region || c.region === f.region) &&
    (!f.vpc || c.vpc === f.vpc) && (!text || wordsOf(c).some((w) => w.toLowerCase().includes(text))))
}

const wordsOf = (c: Coverage): string[] =>
  [c.interface, c.name, c.instance, c.vpc, c.subnet, c.account, c.region, c.reason, c.fix, c.sensor, c.session, c.vni === undefined ? '' : String(c.vni), stateOf(c.state).name,
    ...(c.addresses ?? []), ...Object.entries(c.tags ?? {}).map(([k, v]) => `${k}=${v}`)].filter((w): w is string => Boolean(w))

/** The values of a column that there are, for its filter. */
export const valuesOf = (list: readonly Coverage[], of: (c: Coverage) => string | undefined): string[] =>
  [...new Set(list.map(of).filter((v): v is string => Boolean(v)))].sort()

/** Shares with the least watched first; of equals those with more interfaces. What nobody wants watched comes last. */
export const worstFirst = (list: readonly Share[]): Share[] =>
  [...list].sort((a, b) => Number(a.wanted === 0) - Number(b.wanted === 0) || a.percent - b.percent || b.interfaces - a.interfaces || a.key.localeCompare(b.key))

/** "2.6 %": whole numbers stay whole, and 100 is only said of all. */
export const percent = (n: number): string => `${Number.isInteger(n) ? n : n.toFixed(1)} %`

export const csvOf = (rows: readonly Coverage[]): string =>
  csv(['interface', 'name', 'state', 'reason', 'fix', 'instance', 'account', 'region', 'vpc', 'subnet', 'vni', 'session', 'sensor', 'last_seen', 'packets', 'since', 'addresses', 'tags'],
    rows.map((c) => [c.interface, c.name, c.state, c.reason, c.fix, c.instance, c.account, c.region, c.vpc, c.subnet, c.vni, c.session, c.sensor, c.last_seen, c.packets, c.changed,
      (c.addresses ?? []).join(' '), Object.entries(c.tags ?? {}).map(([k, v]) => `${k}=${v}`).join(' ')]))

export interface Step {
  state: string
  count: number
  loop: string
}

/** What the mirror loop does about each state that there is, those first in which something is to be done. */
export const steps = (counts: Readonly<Record<string, number>>): Step[] =>
  Object.entries(counts).filter(([, n]) => n > 0).map(([state, count]) => ({ state, count, loop: stateOf(state).loop })).sort((a, b) => order(a.state) - order(b.state))

const order = (s: string) => ['pending', 'error', 'quota', 'budget', 'slots_full', 'shadowed', 'silent', 'unsupported_type', 'stopped', 'excluded', 'unsupported_interface', 'mirrored'].indexOf(s)
