import { expect, test } from 'vitest'
import type { Detection, Device } from '../api/names'
import { placesOf } from './find'

const device = (id: string, more: Partial<Device> = {}): Device => ({ id, address: id, external: false, first_seen: '', last_seen: '', peers: 0, overrides: {} as Device['overrides'], ...more })
const detection = (id: string): Detection => ({ id, title: 'C2 beaconing', description: 'db-1 reached \u202eexample.', risk: { score: 91, band: 'critical' } }) as unknown as Detection

test('the device that is meant comes first, then those that begin so, then our own', () => {
  const all = [device('210.20.0.1', { external: true }), device('1.10.20.0'), device('10.20.0.17'), device('10.20.0.1')]
  expect(placesOf('10.20.0.1', all, []).slice(0, 4).map((p) => p.label)).toEqual(['10.20.0.1', '10.20.0.17', '1.10.20.0', '210.20.0.1'])
})

test('the id of a detection leads to it', () => {
  expect(placesOf('ab12', [device('ab12x')], [detection('ab12')])[0]).toMatchObject({ group: 'Detections', to: '/detections/ab12', label: 'C2 beaconing, 91 critical' })
})

test('what came off the wire is made visible', () => {
  expect(placesOf('db', [device('eni-1', { address: '10.0.0.1', hostname: 'db\u0007<b>' })], [detection('x')]).map((p) => `${p.label}|${p.description}`).slice(0, 2)).toEqual([
    'db\\x07<b>|10.0.0.1', 'C2 beaconing, 91 critical|db-1 reached \\u{202e}example.',
  ])
})

test('all that hold a text can be listed; an id with a slash stays one', () => {
  expect(placesOf('evil "x"', [device('vpc-1/10.0.0.1')], []).map((p) => [p.to, p.query])).toEqual([
    ['/devices/vpc-1%2F10.0.0.1', undefined], ['/detections', { text: 'evil "x"', last: '31d' }], ['/records', { q: '"evil \\"x\\""', last: '7d' }],
  ])
  expect(placesOf('ab', [], []).map((p) => p.to)).toEqual(['/records'])
  expect(placesOf('  ', [], [])).toEqual([])
})
