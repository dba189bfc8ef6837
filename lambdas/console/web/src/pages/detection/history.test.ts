import { expect, test } from 'vitest'
import { actorOf, changesOf } from './history'

const entry = (before: unknown, after: unknown) => ({ id: '1', time: '2026-11-26T00:00:00Z', actor: 'mona', action: 'detection.update', target: 'd', before, after })

test('what changed is told, and what did not is not', () => {
  const e = entry({ status: 'open', assignee: 'mona', revision: 3 }, { status: 'closed', resolution: 'false_positive', assignee: 'mona', revision: 4, notes: [{ text: 'x' }] })
  expect(changesOf(e)).toEqual([
    { name: 'Status', before: 'Open', after: 'Closed' }, { name: 'Resolution', before: 'none', after: 'False positive' }, { name: 'Notes', before: 'none', after: '1' },
  ])
})

test('what is no table of members changed nothing that can be told', () => {
  expect(changesOf(entry(undefined, 'x'))).toEqual([])
  expect(changesOf(entry({ status: 'constructor' }, { status: 'open' }))).toEqual([{ name: 'Status', before: 'constructor', after: 'Open' }])
})

test('people are called by name, keys and rules as such', () => {
  expect([actorOf('mona'), actorOf('key:k1'), actorOf('rule:r1')]).toEqual(['mona', 'API key k1', 'Tuning rule r1'])
})
