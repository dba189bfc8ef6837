import { expect, test } from 'vitest'
import { dotsOf, edgeText, linesOf, shortName } from './draw'
import { heats } from './heat'
import type { MapNode } from './merge'

const node = (id: string, more: Partial<MapNode> = {}): MapNode => ({ id, label: id, addresses: 1, connections: 10, ...more })
const edge = (from: string, to: string) => ({ from, to, connections: 3, bytes_sent: 10_000, bytes_received: 90_000, services: ['ssh', 'a\u202eb'], hot: false })
const group = (key: string, max_score: number) => ({ key, label: key, count: 1, open: 1, max_score, latest: '', offenders: 1, victims: 0 })

test('who is hottest and busiest is named first, and a group of one is a group', () => {
  const map = { nodes: [node('10.0.0.1', { connections: 99 }), node('10.0.0.2', { external: true }), node('subnet:10.0.1.0/24')], edges: [], added: new Set<string>() }
  expect(dotsOf(map, heats([group('10.0.0.2', 72)], [])).map((d) => [d.id, d.kind, d.score, d.rank])).toEqual([
    ['10.0.0.2', 'outside', 72, 0], ['10.0.0.1', 'inside', undefined, 1], ['subnet:10.0.1.0/24', 'group', undefined, 2],
  ])
})

test('what a group said to itself has no line', () => {
  const map = { nodes: [node('a'), node('b')], edges: [edge('a', 'a'), edge('a', 'b'), edge('a', 'gone')], added: new Set<string>() }
  expect(linesOf(map).map((l) => [l.from, l.to, l.width])).toEqual([['a', 'b', 3]])
})

test('names and services of the wire are made visible and short', () => {
  expect(shortName(node('x', { label: `\u202e${'W'.repeat(200)}`, addresses: 1200 }))).toBe(`\\u{202e}${'W'.repeat(25)}… (1,200)`)
  expect(edgeText(edge('a', 'b'), new Map([['a', 'web']]))).toBe('web to b: 3 conversations, ssh, a\\u{202e}b, 10.0 kB sent, 90.0 kB received')
})
