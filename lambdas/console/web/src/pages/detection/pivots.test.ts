import { expect, test } from 'vitest'
import type { Detection } from '../../api/names'
import { pivotsOf, queryOf, spanOf } from './pivots'

test('a record leads to what is the same in it', () => {
  const r = { kind: 'ssl', time: '2026-11-26T00:00:00Z', record: { uid: 'C1', 'id.orig_h': '10.0.0.1', 'id.resp_h': '203.0.113.9', server_name: 'evil "x" and uid = C2', ja4: 't13d1516h2', user_agent: '' } }
  expect(pivotsOf(r).map((p) => [p.id, p.query])).toEqual([
    ['uid', 'uid = C1'], ['client', 'id.orig_h = 10.0.0.1'], ['server', 'id.resp_h = 203.0.113.9'],
    ['name', 'server_name = "evil \\"x\\" and uid = C2"'], ['ja4', 'ja4 = t13d1516h2'],
  ])
})

test('the records of the panel can be asked for', () => {
  const d = {
    start: '2026-11-26T09:00:00Z', update: '2026-11-26T10:00:00Z', evidence: { uids: ['C1', 'C2'], start: '2026-11-26T08:55:00Z', end: '0001-01-01T00:00:00Z' },
    participants: [{ role: 'offender', address: '10.0.0.1', external: false }, { role: 'victim', address: '10.0.0.2', external: false }, { role: 'victim', address: '10.0.0.3', external: false }],
  } as Detection
  expect(queryOf(d, 'evidence')).toBe('uid in (C1, C2)')
  expect(queryOf(d, 'participants')).toBe('addr = 10.0.0.1 and addr in (10.0.0.2, 10.0.0.3)')
  expect(queryOf({ ...d, evidence: { ...d.evidence, uids: undefined } }, 'evidence')).toBeUndefined()
  expect(new Date(spanOf(d).from).toISOString()).toBe('2026-11-26T08:50:00.000Z')
  expect(new Date(spanOf(d).to).toISOString()).toBe('2026-11-26T10:05:00.000Z')
})
