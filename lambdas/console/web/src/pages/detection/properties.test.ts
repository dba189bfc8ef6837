import { expect, test } from 'vitest'
import { propertiesOf } from './properties'

const text = (all: Record<string, unknown>) => propertiesOf(all).map((p) => `${p.name}: ${p.values.join(', ')}`)

test('what is measured is read with its unit', () => {
  expect(text({ interval_seconds: 2.15, jitter: 0.07, bytes_out: 60_107_028, port: 4443, contacts: 1212, certificate_seen: false, ja3_seen: true, seconds: 7260 })).toEqual([
    'Interval: 2.15 s', 'Jitter: 7 %', 'Bytes out: 60.1 MB (60,107,028)', 'Port: 4443', 'Contacts: 1,212', 'Certificate seen: no', 'JA3 seen: yes', 'Seconds: 2 h 1 min',
  ])
})

test('lists and tables are lists', () => {
  expect(text({ defects: ['a weak cipher', 'expired'], types: { TXT: 20 }, deep: [{ a: 1 }] })).toEqual(['Defects: a weak cipher, expired', 'Types: TXT: 20', 'Deep: {"a":1}'])
})

test('what is empty is left out, and zero is not empty', () => {
  expect(text({ ja3: '', name: null, list: [], failed: 0 })).toEqual(['Failed: 0'])
  expect(propertiesOf(undefined)).toEqual([])
})
