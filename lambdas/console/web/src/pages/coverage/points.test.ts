import { expect, test } from 'vitest'
import type { Coverage } from './logic'
import { faresOf, partsOf, pointsOf, type Heard } from './points'

const heard = (vni: number, sensor: string, more: Partial<Heard> = {}): Heard => ({
  vni, sensor, since: '2026-11-26T00:00:00Z', last_seen: '2026-11-26T10:00:00Z', packets: 100, bytes: 1000, gaps: 1, truncated: 2, duplicates: 3, ...more,
})
const owner: Coverage = { interface: 'eni-1', name: 'web-1', state: 'mirrored', changed: '2026-11-26T00:00:00Z', vni: 9001 }

test('rows of several sensors are one point, and silence is only what all of them say', () => {
  const rows = [heard(9001, 'a', { faults: ['silent', 'gaps'], last_seen: '2026-11-26T09:00:00Z' }), heard(9001, 'b')]
  const [p] = pointsOf(rows, [owner], ['a', 'b'])
  expect(p).toMatchObject({ vni: 9001, interface: 'eni-1', name: 'web-1', listed: true, sensors: ['a', 'b'], packets: 200, bytes: 2000, gaps: 2, truncated: 4, duplicates: 6, faults: ['gaps'], seen: Date.parse('2026-11-26T10:00:00Z') })
  expect(pointsOf([heard(1, 'a', { faults: ['silent'] }), heard(1, 'b', { faults: ['silent'] })], [], undefined)[0]?.faults).toEqual(['silent'])
})

test('a sensor that ended does not count beside one that runs', () => {
  const rows = [heard(7, 'gone', { packets: 9_000_000, faults: ['truncated'] }), heard(7, 'here')]
  expect(pointsOf(rows, [], ['here'])[0]).toMatchObject({ sensors: ['here'], packets: 100, faults: [], ended: false })
  expect(pointsOf(rows, [], ['other'])[0]).toMatchObject({ sensors: ['gone', 'here'], packets: 9_000_100, ended: true })
  expect(pointsOf(rows, [], undefined)[0]).toMatchObject({ packets: 9_000_100, ended: false })
})

test('what has an identifier and was never heard comes first, then what is faulty, ended, and well', () => {
  const rows = [heard(1, 'a'), heard(2, 'gone'), heard(3, 'a', { faults: ['gaps'] }), heard(4, 'a', { last_seen: '2026-11-26T08:00:00Z' })]
  const list = pointsOf(rows, [owner], ['a'])
  expect(list.map((p) => [p.vni, faresOf(p)])).toEqual([[9001, 'unheard'], [3, 'faulty'], [2, 'ended'], [4, 'well'], [1, 'well']])
  expect(list[4]).toMatchObject({ listed: false, interface: undefined })
})

test('of its packets only what happened is told, and a share is never 0 of some', () => {
  const parts = (packets: number, gaps: number, truncated: number, duplicates: number) =>
    partsOf(pointsOf([heard(1, 'a', { packets, gaps, truncated, duplicates })], [], undefined)[0]!).map((x) => `${x.share} ${x.what}`)
  expect(parts(1_000_000, 1, 0, 5000)).toEqual(['Under 0.01 % missing', '0.50 % seen before'])
  expect(parts(1000, 0, 300, 0)).toEqual(['30.0 % cut'])
  expect(parts(0, 0, 0, 0)).toEqual([])
})
