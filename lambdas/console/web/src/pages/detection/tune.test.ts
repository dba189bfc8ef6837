import { expect, test } from 'vitest'
import type { Detection, Participant } from '../../api/names'
import { filterOf, suggested } from './tune'

const p = (more: Partial<Participant>): Participant => ({ role: 'victim', address: '10.0.0.1', external: false, ...more })

test('a participant is named by what stays the same the longest', () => {
  expect(filterOf([p({ instance: 'i-1', device: 'eni-1' })])).toEqual({ instances: ['i-1'] })
  expect(filterOf([p({ device: 'vni-7/10.0.0.1' })])).toEqual({ devices: ['vni-7/10.0.0.1'] })
  expect(filterOf([p({ external: true, hostname: 'cdn.example', address: '203.0.113.9' })])).toEqual({ hostnames: ['cdn.example'] })
  expect(filterOf([p({ external: true, address: '203.0.113.9', device: '203.0.113.9' })])).toEqual({ addresses: ['203.0.113.9'] })
})

test('several are named in one way, since all members of a filter must hold', () => {
  expect(filterOf([p({ instance: 'i-1' }), p({ address: '10.0.0.2' })])).toEqual({ addresses: ['10.0.0.1', '10.0.0.2'] })
})

test('many victims are anybody', () => {
  const victims = Array.from({ length: 6 }, (_, i) => p({ address: `10.0.0.${i}` }))
  expect(filterOf(victims)).toBeUndefined()
})

test('the rule is about this type, this offender and this victim', () => {
  const d = { type: 'recon.port_scan', title: 'Port\u202e scan', participants: [p({}), p({ role: 'offender', address: '203.0.113.9', external: true })] } as Detection
  expect(suggested(d)).toEqual({
    name: 'Port\\u{202e} scan by 203.0.113.9', enabled: true,
    match: { types: ['recon.port_scan'], offender: { addresses: ['203.0.113.9'] }, victim: { addresses: ['10.0.0.1'] } },
  })
})
