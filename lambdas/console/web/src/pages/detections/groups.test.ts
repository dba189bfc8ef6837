import { expect, test } from 'vitest'
import { groupCounts, groupFilter, groupName, worstFirst } from './groups'

const list = (keys: string[], total = keys.length) => ({ items: keys.map((key) => ({ ...g, key })), total })
const g = { key: 'a', label: 'A', count: 6, open: 5, max_score: 50, latest: '2026-11-26T00:00:00Z', offenders: 5, victims: 1 }

test('a group is a filter, beside what is asked already', () => {
  expect(groupFilter({ bands: ['low'], offender: { external: true } }, 'offender', 'vni-1/10.0.0.1', list([]))).toEqual({
    bands: ['low'],
    offender: { external: true, devices: ['vni-1/10.0.0.1'] },
  })
  expect(groupFilter({}, 'type', 'c2.beacon', list([]))).toEqual({ types: ['c2.beacon'] })
  expect(groupFilter({}, 'vpc', 'vpc-1', list([]))).toEqual({ participant: { vpcs: ['vpc-1'] } })
})

test('what is in no group is in none of the others', () => {
  expect(groupFilter({ not: [{ bands: ['low'] }] }, 'victim', '', list(['', 'a', 'b']))).toEqual({ not: [{ bands: ['low'] }, { victim: { devices: ['a', 'b'] } }] })
  const many = groupFilter({}, 'vpc', '', list(['', ...Array.from({ length: 120 }, (_, i) => `vpc-${i}`)]))
  expect(many?.not?.map((n) => n.participant?.vpcs?.length)).toEqual([50, 50, 20])
  expect(groupFilter({}, 'victim', '', list(['', 'a'], 300))).toEqual({ not: [{ victim: { external: true } }, { victim: { external: false } }] })
  expect(groupFilter({}, 'vpc', '', list(['', 'a'], 300))).toBeUndefined()
  expect(groupFilter({}, 'victim', '', list(Array.from({ length: 801 }, (_, i) => `d${i}`)))).toBeUndefined()
})

test('a group has a name', () => {
  expect(groupName('technique', { key: 'T1110.001', label: 'T1110.001' })).toEqual(['T1110.001 Brute Force: Password Guessing', ''])
  expect(groupName('offender', { key: 'vni-1/10.0.0.1', label: 'web-1' })).toEqual(['web-1', 'vni-1/10.0.0.1'])
  expect(groupName('victim', { key: 'vni-7/10.0.0.1', label: 'vni-7/10.0.0.1' })).toEqual(['10.0.0.1', 'vni-7'])
  expect(groupName('technique', { key: 'T1110', label: 'T1110' }, [{ key: 'T1110.001' }])).toEqual(['T1110 Brute Force', 'opens with its sub-techniques'])
  expect(groupName('victim', { key: '', label: '' })).toEqual(['No victim', ''])
})

test('a group is counted in words', () => {
  expect(groupCounts('type', g)).toBe('6 detections, 5 open, 5 offenders')
  expect(groupCounts('offender', { ...g, count: 1, open: 1 })).toBe('1 detection, all open, 1 victim')
  expect(groupCounts('type', { ...g, open: 0 })).toBe('6 detections, none open, 5 offenders')
})

test('the worst is first, then the largest', () => {
  expect(worstFirst([g, { ...g, key: 'b', max_score: 90, count: 1 }, { ...g, key: 'c', count: 9 }]).map((x) => x.key)).toEqual(['b', 'c', 'a'])
})
