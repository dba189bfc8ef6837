import { describe, expect, test } from 'vitest'
import { counted } from '../../ui/number'
import { addressOf, heatOf, heats, heatText } from './heat'
import { expansion, leftOut, merged, type ActivityMap, type MapNode } from './merge'
import { networkOf, offersOf } from './offers'
import { isNetwork, readScope, scopeOf, scopeText, toScope } from './scope'
import { nextStep, readStep, stepSpan } from './steps'

const node = (id: string, more: Partial<MapNode> = {}): MapNode => ({ id, label: id, addresses: 1, connections: 1, ...more })

describe('scope', () => {
  test('what was typed is told by its look', () => {
    expect(readScope(' 10.20.0.0/16 ')).toEqual({ kind: 'address', value: '10.20.0.0/16' })
    expect(readScope('2001:db8::1')).toEqual({ kind: 'address', value: '2001:db8::1' })
    expect(readScope('vpc-0a1b')).toEqual({ kind: 'vpc', value: 'vpc-0a1b' })
    expect(readScope('1061')).toEqual({ kind: 'vni', value: '1061' })
    expect(readScope('VNI 1061')).toEqual({ kind: 'vni', value: '1061' })
    expect(readScope('vni-1/10.0.0.1')).toEqual({ kind: 'device', value: 'vni-1/10.0.0.1' })
    expect(readScope('eni-0a1b')).toEqual({ kind: 'device', value: 'eni-0a1b' })
  })

  test('what is none is none', () => {
    expect(readScope('')).toBeUndefined()
    expect(readScope('99999999')).toBeUndefined()
    expect(readScope('x'.repeat(300))).toBeUndefined()
    for (const bad of ['10.0.0.256', '10.0.0.0/33', '10.0.0.0/8/8', '2001:db8::/129', 'fe', 'abc', '1.2.3']) expect(isNetwork(bad), bad).toBe(false)
  })

  test('a new one takes the place of the old, and what belonged to it goes', () => {
    expect(toScope({ kind: 'vni', value: '7' })).toEqual({ address: undefined, device: undefined, vpc: undefined, vni: '7', expand: undefined, node: undefined, step: undefined })
    expect(scopeOf({ vni: '7', last: '1d' })).toEqual({ kind: 'vni', value: '7' })
    expect(scopeOf({ last: '1d' })).toBeUndefined()
    expect(scopeText({ kind: 'address', value: '10.0.0.0/8' })[0]).toBe('Network')
  })
})

describe('steps', () => {
  const day = { from: 0, to: 86_400_000, last: '1d' }
  test('they make up the span, and 0 is all of it', () => {
    expect(stepSpan(day, 0)).toBe(day)
    expect(stepSpan(day, 1)).toEqual({ from: 0, to: 3_600_000 })
    expect(stepSpan(day, 24)).toEqual({ from: 82_800_000, to: 86_400_000 })
  })
  test('it plays to its end', () => {
    expect(nextStep(0)).toBe(1)
    expect(nextStep(24)).toBeUndefined()
    expect([readStep('5'), readStep('25'), readStep('-1'), readStep('x'), readStep(undefined)]).toEqual([5, 0, 0, 0, 0])
  })
})

describe('maps over each other', () => {
  const map = (nodes: MapNode[], edges: [string, string, number][]): ActivityMap => ({
    from: '2026-11-26T00:00:00Z', to: '2026-11-27T00:00:00Z', complete: true, nodes,
    edges: edges.map(([from, to, connections]) => ({ from, to, connections, bytes_sent: 1, bytes_received: 2, services: [], hot: false })),
    omitted: { nodes: 0, edges: 0, connections: 0 },
  })
  test('what both tell of is there once, with the larger count', () => {
    const m = merged(map([node('a', { connections: 3 }), node('b')], [['a', 'b', 3]]), [map([node('a', { connections: 9 }), node('c')], [['a', 'b', 2], ['a', 'c', 6]])])
    expect(m.nodes.map((n) => [n.id, n.connections])).toEqual([['a', 9], ['b', 1], ['c', 1]])
    expect(m.edges.map((e) => [e.to, e.connections])).toEqual([['b', 3], ['c', 6]])
    expect([...m.added]).toEqual(['c'])
  })
  test('a group cannot be expanded', () => {
    expect(expansion(node('x', { device: 'eni-1' }))).toEqual({ device: 'eni-1' })
    expect(expansion(node('198.51.100.7'))).toEqual({ address: '198.51.100.7' })
    expect(expansion(node('subnet:10.0.0.0/24', { addresses: 12 }))).toBeUndefined()
  })
  test('what is not drawn is counted in words', () => {
    const m = map([], [])
    expect(leftOut(m, counted)).toBeUndefined()
    expect(leftOut({ ...m, omitted: { nodes: 362, edges: 1, connections: 0 } }, counted)).toBe('Not drawn: 362 nodes and 1 line.')
    expect(leftOut({ ...m, omitted: { nodes: 362, edges: 1, connections: 3118 } }, counted)).toBe('Not drawn: 362 nodes, 1 line and 3,118 conversations.')
  })
})

describe('heat', () => {
  const group = (key: string, count: number, max_score: number) => ({ key, label: key, count, open: count, max_score, latest: '2026-11-26T00:00:00Z', offenders: 1, victims: 1 })
  const all = heats([group('eni-1', 2, 60), group('', 5, 99)], [group('eni-1', 1, 72), group('198.51.100.7', 1, 30), group('vpc-1', 4, 88)])
  test('a node has that of its device, its address or its VPC', () => {
    expect(heatOf(node('eni-1', { device: 'eni-1' }), all)).toEqual({ score: 72, asOffender: 2, asVictim: 1, inAny: 0 })
    expect(heatOf(node('vni-3/198.51.100.7', { device: 'vni-3/198.51.100.7' }), all)?.score).toBe(30)
    expect(heatOf(node('vpc:vpc-1'), all)?.score).toBe(88)
    expect(heatOf(node('subnet:x'), all)).toBeUndefined()
  })
  test('an address has it wherever it was heard', () => {
    const heard = heats([group('vni-1/10.0.0.1', 2, 60), group('vni-2/10.0.0.1', 1, 70)], [group('eni-9', 1, 20)])
    expect(heatOf(node('vni-3/10.0.0.1', { device: 'vni-3/10.0.0.1' }), heard)).toEqual({ score: 70, asOffender: 3, asVictim: 0, inAny: 0 })
    expect(heatOf(node('eni-9', { device: 'eni-9', label: '10.0.0.1' }), heard)).toEqual({ score: 70, asOffender: 3, asVictim: 1, inAny: 0 })
    expect(heatOf(node('subnet:10.0.0.0/24', { label: '10.0.0.0/24' }), heard)).toBeUndefined()
  })
  test('it is told in words', () => {
    expect(heatText({ score: 72, asOffender: 2, asVictim: 1, inAny: 0 })).toBe('in detections: 2 as offender, 1 as victim; highest risk 72')
    expect(heatText({ score: 30, asOffender: 0, asVictim: 1, inAny: 0 })).toBe('in detections: 1 as victim; highest risk 30')
  })
  test('a name that looks like nothing is no address', () => {
    expect(addressOf(node('eni-1', { label: 'web-1' }))).toBeUndefined()
    expect(addressOf(node('eni-1', { label: '10.0.0.1' }))).toBe('10.0.0.1')
  })
})

describe('offers', () => {
  const top = (items: [string, number][], complete = true) => ({ items: items.map(([v, count]) => ({ values: [v], count })), complete, others: 0, missing: 0, distinct: 9, why: complete ? undefined : 'some days are missing' })
  const share = (key: string, interfaces: number) => ({ key, interfaces, wanted: interfaces, mirrored: 0, percent: 0, states: {} })
  test('the busiest come first, and networks are made of private addresses', () => {
    const o = offersOf(top([['10.20.1.66', 5], ['203.0.113.7', 9]]), top([['10.20.1.9', 3], ['10.20.2.1', 7]]), top([['1061', 4]]), [share('', 3), share('vpc-1', 2), share('vpc-2', 5)])
    expect(o.networks.map((n) => [n.scope.value, n.count])).toEqual([['10.20.1.0/24', 8], ['10.20.2.0/24', 7]])
    expect(o.hosts.map((h) => h.scope.value)).toEqual(['203.0.113.7', '10.20.2.1', '10.20.1.66', '10.20.1.9'])
    expect(o.vpcs.map((v) => v.scope.value)).toEqual(['vpc-2', 'vpc-1'])
    expect(o.points).toEqual([{ scope: { kind: 'vni', value: '1061' }, count: 4 }])
  })
  test('what is missing is said', () => {
    expect(offersOf(top([], false), top([]), top([]), [])).toMatchObject({ complete: false, why: 'some days are missing' })
  })
  test('an address of the Internet makes no network', () => {
    expect([networkOf('172.31.4.5'), networkOf('172.32.4.5'), networkOf('100.64.1.2'), networkOf('8.8.8.8'), networkOf('2001:db8::1')]).toEqual(['172.31.4.0/24', '', '100.64.1.0/24', '', ''])
  })
})
