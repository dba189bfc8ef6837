import { expect, test } from 'vitest'
import type { Device } from '../api/names'
import { isHighValue, nameOf, recordsOfDevice, roleBasis, roleOf, valueBasis } from './device'

const plain: Device = { id: 'vni-17/10.0.0.1', address: '10.0.0.1', external: false, first_seen: '2026-11-26T08:00:00Z', last_seen: '2026-11-26T09:00:00Z', peers: 1, overrides: {} }
const learnt: Device = {
  ...plain, hostname: 'db-1', role: 'db_server', high_value: true,
  roles: [{ role: 'db_server', evidence: 'answered 60 conversations on tcp/3306 (mysql) from 1 client', since: '2026-11-26T08:00:00Z' }],
}

test('what people say goes before what conduct shows, and both are told', () => {
  const said: Device = { ...learnt, overrides: { name: 'billing', role: 'honeypot' } }
  expect([nameOf(plain), nameOf(learnt), nameOf(said)]).toEqual(['10.0.0.1', 'db-1', 'billing'])
  expect(roleOf(said)).toBe('honeypot')
  expect(roleBasis(said)).toEqual({ sure: 'Said by people', why: 'People say so; its conduct shows a database server.' })
  expect(roleBasis(learnt)).toEqual({ sure: 'Shown by its conduct', why: 'It answered 60 conversations on tcp/3306 (mysql) from 1 client.' })
  expect(roleBasis({ ...learnt, roles: [] })?.sure).toBe('Shown earlier')
  expect(roleBasis(plain)).toBeUndefined()
})

test('high value is by people or by conduct', () => {
  expect(isHighValue(plain)).toBe(false)
  expect(valueBasis({ ...plain, overrides: { high_value: true } })).toBe('People say so.')
  expect(valueBasis(learnt)).toContain('database server')
})

test('records of a device are told from those of another with its address', () => {
  expect(recordsOfDevice(plain)).toBe('addr = 10.0.0.1 and vni = 17')
  expect(recordsOfDevice({ ...plain, id: 'eni-1' })).toBe('addr = 10.0.0.1')
})
