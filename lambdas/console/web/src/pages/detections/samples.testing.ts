// A detection as the API gives it, for tests.
import type { Detection } from '../../api/names'

export const noon = Date.parse('2026-11-26T12:00:00Z')

export function sample(change: Partial<Detection> = {}): Detection {
  return {
    id: 'd1',
    type: 'recon.port_scan',
    title: 'Port scan',
    category: 'recon',
    description: '10.20.1.5 tried 1,000 ports of 10.20.2.9 within 30 s.',
    risk: { score: 64, band: 'high', likelihood: 'high', complexity: 'low', impact: 'low', terms: [] },
    confidence: 0.9,
    status: 'open',
    revision: 2,
    created: '2026-11-26T11:00:01Z',
    modified: '2026-11-26T11:00:02Z',
    start: '2026-11-26T11:00:00Z',
    update: '2026-11-26T11:00:30Z',
    end: '2026-11-26T11:00:30Z',
    participants: [
      { role: 'offender', device: 'vni-1/10.20.1.5', address: '10.20.1.5', hostname: 'web-1', external: false },
      { role: 'victim', device: 'vni-1/10.20.2.9', address: '10.20.2.9', port: 22, external: false },
    ],
    tactics: ['TA0007'],
    techniques: ['T1046'],
    evidence: { start: '2026-11-26T11:00:00Z', end: '2026-11-26T11:00:30Z' },
    detector_version: 1,
    ...change,
  }
}
