import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import createWrapper from '@cloudscape-design/components/test-utils/dom'
import { screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { answering, shown, somebody } from '../../../testing/answers'
import { actions, actionText, placeOf } from './actions'
import AuditLog from './AuditLog'
import { differences } from './difference'

afterEach(() => vi.unstubAllGlobals())

const entry = {
  id: '1', time: '2026-11-26T13:53:14Z', actor: 'rule:r7', address: '127.0.0.1', action: 'detection.update', target: 'd1',
  before: { hidden_by: '', score: 40 }, after: { hidden_by: 'r7', score: 40 },
}

test('only what differs is said, list by list', () => {
  expect(differences({ a: 1, m: { x: ['1', '2'], gone: true } }, { a: 1, m: { x: ['1'] }, n: '' })).toEqual([
    { at: 'm.x', before: '1, 2', after: '1' }, { at: 'n', before: undefined, after: 'empty' }, { at: 'm.gone', before: 'yes', after: undefined },
  ])
  expect(differences(['a'], ['b'])).toEqual([{ at: '', before: 'a', after: 'b' }])
  expect(differences(undefined, undefined)).toEqual([])
})

test('something very deep is said as JSON, and ends', () => {
  let deep: unknown = 1
  for (let i = 0; i < 1000; i++) deep = { x: deep }
  expect(differences(undefined, deep)).toHaveLength(1)
})

test('every action of the contract has a name', () => {
  const contract = readFileSync(join(import.meta.dirname, '../../../../../../api/openapi.yaml'), 'utf8')
  const known = [...new Set([...contract.matchAll(/x-audit: (\S+)/g)].map((m) => m[1] ?? ''))].sort()
  expect(Object.entries(actions).flatMap(([group, verbs]) => Object.keys(verbs).map((v) => `${group}.${v}`)).sort()).toEqual(known)
  expect(actionText('new.thing')).toBe('new.thing')
})

test('a target leads to where it is, and one that is gone nowhere', () => {
  expect(placeOf('device.update', 'vpc-1/10.0.0.1')?.to).toBe('/devices/vpc-1%2F10.0.0.1')
  expect(placeOf('tuning_rule.delete', 'r1')).toBeUndefined()
})

test('entries are shown with what they changed, and the filter of the URL is asked for', async () => {
  const seen = answering({ 'GET /v1/audit': () => ({ items: [entry], complete: true }) })
  shown(<AuditLog />, { at: '/settings/audit-log?actor=rule:r7&action=detection&from=2026-11-01T00:00:00Z&to=2026-11-27T00:00:00Z' })
  await screen.findByText('Detection triaged', {}, { timeout: 4000 })
  const row = createWrapper().findTable()?.findRows()[0]?.getElement().textContent ?? ''
  expect(row).toContain('hidden_by')
  expect(row).not.toContain('score')
  const asked = new URLSearchParams(seen[0]?.path.split('?')[1])
  expect([asked.get('actor'), asked.get('action'), asked.get('from'), asked.get('target')]).toEqual(['rule:r7', 'detection', '2026-11-01T00:00:00.000Z', null])
})

test('an analyst is told who may see it, and nothing is asked', async () => {
  const seen = answering({})
  shown(<AuditLog />, { me: somebody('analyst', []) })
  await waitFor(() => expect(screen.getByText('You may not see the audit log')).toBeTruthy())
  expect(seen).toEqual([])
})
