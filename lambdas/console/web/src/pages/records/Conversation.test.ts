import { expect, test } from 'vitest'
import type { Detection } from '../../api/names'
import { sorted } from './Conversation'

const detection = (id: string, addresses: string[], uids: string[]): Detection => ({
  id, type: 'recon.port_scan', title: id, category: 'recon', description: '', confidence: 1, status: 'open', start: '', update: '', detector_version: 1,
  risk: { score: 50, band: 'medium', likelihood: 'medium', complexity: 'medium', impact: 'medium', terms: [] },
  participants: addresses.map((address) => ({ role: 'offender', address, external: false })), evidence: { start: '', end: '', uids },
})

test('a detection that names the conversation is told from one of the same devices, and from one of only one of them', () => {
  const all = [detection('names', ['10.0.0.1'], ['C1', 'C2']), detection('both', ['10.0.0.1', '10.0.0.2'], ['C9']), detection('one', ['10.0.0.1'], [])]
  const got = sorted(all, 'C1', ['10.0.0.1', '10.0.0.2'])
  expect(got.naming.map((d) => d.id)).toEqual(['names'])
  expect(got.between.map((d) => d.id)).toEqual(['both'])
  expect(sorted(all, '', ['10.0.0.1', '10.0.0.2']).naming).toEqual([])
})
