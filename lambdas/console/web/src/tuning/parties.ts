// Who takes part, as a person writes it: one thing a line, and what is meant is told by its look, as in the API's own short filters.
import type { ParticipantFilter } from '../api/names'

type Lists = 'devices' | 'addresses' | 'hostnames' | 'vpcs' | 'accounts' | 'interfaces' | 'instances' | 'users'

const prefixes: Record<string, Lists> = { device: 'devices', address: 'addresses', host: 'hostnames', vpc: 'vpcs', account: 'accounts', interface: 'interfaces', instance: 'instances', user: 'users' }
const looks: [RegExp, Lists][] = [
  [/^(\d{1,3}\.){3}\d{1,3}(\/\d{1,2})?$/, 'addresses'], [/^[0-9a-f]*:[0-9a-f:.]*(\/\d{1,3})?$/i, 'addresses'],
  [/^vpc-[0-9a-z]+$/, 'vpcs'], [/^eni-[0-9a-z]+$/, 'interfaces'], [/^i-[0-9a-z]+$/, 'instances'], [/^\d{12}$/, 'accounts'],
]

/** Reads lines into a filter; undefined where there are none. What cannot be read is told line by line. */
export function partyOf(text: string): { party?: ParticipantFilter; wrong: string[] } {
  const party: ParticipantFilter = {}
  const wrong: string[] = []
  for (const line of text.split('\n').map((l) => l.trim()).filter(Boolean)) {
    const said = add(party, line)
    if (said) wrong.push(said)
  }
  return { party: Object.keys(party).length > 0 ? party : undefined, wrong }
}

function add(party: ParticipantFilter, line: string): string | undefined {
  const [, prefix, rest = ''] = /^([a-z]+):\s*(\S.*)$/.exec(line) ?? []
  if (prefix === 'tag') return tag(party, rest)
  if (prefix === 'port') return port(party, rest)
  if (line === 'outside' || line === 'inside') return void (party.external = line === 'outside')
  const named = prefix ? prefixes[prefix] : undefined
  if (named) return put(party, named, rest)
  const look = looks.find(([r]) => r.test(line))
  if (look) return put(party, look[1], line)
  if (line.includes('=')) return tag(party, line)
  if (/^[a-z0-9_.-]{1,255}$/i.test(line)) return put(party, 'hostnames', line)
  return `“${line}” is no address, network, host name, vpc-…, i-…, eni-…, account or key=value`
}

function put(party: ParticipantFilter, list: Lists, value: string): undefined {
  party[list] = [...(party[list] ?? []), value]
}

function tag(party: ParticipantFilter, line: string): string | undefined {
  const at = line.indexOf('=')
  if (at < 1) return `“${line}” is no key=value`
  party.tags = { ...party.tags, [line.slice(0, at)]: line.slice(at + 1) }
  return undefined
}

function port(party: ParticipantFilter, value: string): string | undefined {
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65535) return `“${value}” is no port from 0 to 65535`
  party.ports = [...(party.ports ?? []), Number(value)]
  return undefined
}

/** Writes a filter as those lines: reading them gives it again. */
export function linesOf(p: ParticipantFilter | undefined): string {
  if (!p) return ''
  const lines = Object.entries(prefixes).flatMap(([prefix, list]) => (p[list] ?? []).map((v) => (bare(list, v) ? v : `${prefix}:${v}`)))
  for (const [k, v] of Object.entries(p.tags ?? {})) lines.push(`tag:${k}=${v}`)
  for (const n of p.ports ?? []) lines.push(`port:${n}`)
  if (p.external !== undefined) lines.push(p.external ? 'outside' : 'inside')
  return lines.join('\n')
}

function bare(list: Lists, value: string): boolean {
  const read: ParticipantFilter = {}
  return add(read, value) === undefined && read[list]?.[0] === value && Object.keys(read).length === 1
}
