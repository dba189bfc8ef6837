import { expect, test } from 'vitest'
import { partyOf, linesOf } from './parties'
import { asked, isEverything } from './words'

test('every member of a filter is said', () => {
  const said = asked({ types: ['recon.port_scan'], min_score: 60, ongoing: false, assignees: [''], offender: { tags: { env: 'test', team: 'red' } }, not: [{ victim: { ports: [445] } }] })
  expect(said).toEqual([
    { what: 'Type', values: ['recon.port_scan'] }, { what: 'Assignee', values: ['nobody'] }, { what: 'Risk at least', values: ['60'] }, { what: 'Goes on', values: ['no'] },
    { what: 'Offender tag', values: ['env=test', 'team=red'], all: true }, { what: 'Not: Victim port', values: ['445'] },
  ])
})

test('a filter that says nothing means everything', () => {
  expect(isEverything({ types: [], offender: {}, text: '' })).toBe(true)
  expect(isEverything({ victim: { external: false } })).toBe(false)
})

test('who takes part is read by its look, and written so that it is read again', () => {
  const text = '10.20.0.0/16\nfd00::1\ndb.example.com\nvpc-1a\ni-0123\neni-7\n123456789012\nuser:bob\nenv=test\nport:445\noutside'
  const { party, wrong } = partyOf(text)
  expect(wrong).toEqual([])
  expect(party).toEqual({
    addresses: ['10.20.0.0/16', 'fd00::1'], hostnames: ['db.example.com'], vpcs: ['vpc-1a'], instances: ['i-0123'], interfaces: ['eni-7'], accounts: ['123456789012'],
    users: ['bob'], tags: { env: 'test' }, ports: [445], external: true,
  })
  expect(partyOf(linesOf(party)).party).toEqual(party)
})

test('a device whose id looks like something else stays a device', () => {
  const party = { devices: ['eni-7', '10.0.0.1'], hostnames: ['vpc-1'] }
  expect(partyOf(linesOf(party)).party).toEqual(party)
})

test('a line that cannot be read is told', () => {
  expect(partyOf('port:99999\n???').wrong).toHaveLength(2)
})
