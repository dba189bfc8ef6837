import { describe, expect, test } from 'vitest'
import { edgeText, layColumns, type Column, type Label, type MapEdge, type MapNode } from './columns'

const node = (column: Column, name: string, more: Partial<MapNode> = {}): MapNode => ({ id: `${column}:${name}`, label: name, column, addresses: 1, connections: 1, ...more })
const edge = (from: MapNode, to: MapNode, more: Partial<MapEdge> = {}): MapEdge => ({
  from: from.id, to: to.id, connections: 12, bytes_sent: 1, bytes_received: 1, services: ['ssl', 'http'], hot: false, ...more,
})
const numbers = (n: number) => Array.from({ length: n }, (_, i) => i)

// n sources and n targets around k offenders, everybody with everybody.
function crowd(n: number, k: number) {
  const offenders = numbers(k).map((i) => node('offender', `o${i}`, { role: 'offender' }))
  const sources = numbers(n).map((i) => node('source', `s${i}`))
  const targets = numbers(n).map((i) => node('target', `t${i}`, { connections: i }))
  const edges = offenders.flatMap((o) => [...sources.map((s) => edge(s, o)), ...targets.map((t, i) => edge(o, t, { hot: i === 0 }))])
  return { nodes: [...targets, ...offenders, ...sources], edges }
}

const apart = (a: Label, b: Label) => Math.abs(a.x - b.x) * 2 >= a.width + b.width || Math.abs(a.y - b.y) >= 17

describe('the map in columns', () => {
  test('has sources at the left, offenders in the middle, targets at the right', () => {
    const l = layColumns(crowd(3, 1), 1000)
    expect(l.columns.map((c) => c.column)).toEqual(['source', 'offender', 'target'])
    expect(l.columns.map((c) => Math.round(c.x))).toEqual([216, 500, 784])
    expect(l.columns.map((c) => c.nodes[0]?.side)).toEqual(['left', 'below', 'right'])
  })

  test('leaves no third empty where nobody reached the offender', () => {
    const all = crowd(2, 1)
    const l = layColumns({ nodes: all.nodes.filter((n) => n.column !== 'source'), edges: all.edges }, 1000)
    expect(l.columns.map((c) => [c.column, Math.round(c.x)])).toEqual([['offender', 216], ['target', 784]])
  })

  test('has what the detection is about on top, in its column and in the drawing', () => {
    const l = layColumns(crowd(5, 1), 1000)
    expect(l.columns[2]?.nodes.map((n) => n.node.label)).toEqual(['t0', 't4', 't3', 't2', 't1'])
    expect(l.edges.findIndex((e) => e.edge.hot)).toBe(l.edges.length - 1)
  })

  test('counts what a column does not draw', () => {
    const l = layColumns(crowd(40, 1), 1000, 12)
    expect(l.columns.map((c) => [c.nodes.length, c.left])).toEqual([[12, 28], [1, 0], [12, 28]])
    expect(l.edges).toHaveLength(24)
  })

  test.each([[1, 1, 1000], [3, 2, 640], [12, 1, 1000], [12, 5, 1100], [12, 5, 520], [7, 3, 760]])('no label touches another: %i around %i in %i px', (n, k, width) => {
    const labels = layColumns(crowd(n, k), width).edges.flatMap((e) => (e.label ? [e.label] : []))
    expect(labels.length).toBeGreaterThan(0)
    for (const [i, a] of labels.entries()) for (const b of labels.slice(i + 1)) expect(apart(a, b), `${JSON.stringify(a)} and ${JSON.stringify(b)}`).toBe(true)
  })

  test('writes on every edge where there is room', () => {
    expect(layColumns(crowd(12, 1), 1000).edges.every((e) => e.label)).toBe(true)
  })

  test('is the same whatever the order of what came', () => {
    const all = crowd(9, 2)
    expect(layColumns({ nodes: all.nodes.toReversed(), edges: all.edges.toReversed() }, 900)).toEqual(layColumns(all, 900))
  })

  test('stays within its box', () => {
    const l = layColumns(crowd(12, 5), 700)
    for (const n of l.columns.flatMap((c) => c.nodes)) {
      expect(n.y).toBeGreaterThan(30)
      expect(n.y + 16).toBeLessThanOrEqual(l.height)
    }
  })

  test('stands a lone offender in the middle', () => {
    const l = layColumns({ nodes: [node('offender', 'o')], edges: [] }, 800)
    expect(l.columns.map((c) => c.x)).toEqual([400])
  })
})

test('an edge says what was spoken and how often', () => {
  const [a, b] = [node('source', 'a'), node('offender', 'b')]
  expect(edgeText(edge(a, b))).toBe('ssl, http 12×')
  expect(edgeText(edge(a, b, { services: [], connections: 12_345 }))).toBe('12.3k×')
  expect(edgeText(edge(a, b, { services: ['a', 'b', 'c'], connections: 0 }))).toBe('a, b +1 under way')
})
