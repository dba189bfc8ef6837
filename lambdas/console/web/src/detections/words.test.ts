import { expect, test } from 'vitest'
import { randomFilter, seeded } from './random.testing'
import { filterWords, plainNames } from './words'

test.each([
  [{}, 'All detections.'],
  [{ types: ['recon.port_scan', 'c2.beacon'], statuses: ['open'] }, 'Detections whose type is recon.port_scan or c2.beacon, whose status is Open.'],
  [
    { min_score: 60, bands: ['critical', 'high'], ongoing: true, text: 'ldap' },
    'Detections whose risk is Critical or High, whose risk is at least 60, that go on, that mention “ldap”.',
  ],
  [
    { offender: { addresses: ['10.0.0.0/8'], ports: [22, 23], external: false }, victim: { external: true } },
    'Detections with an offender of the own networks whose address is 10.0.0.0/8 and whose port is 22 or 23, with a victim from outside.',
  ],
  [
    { not: [{ types: ['hygiene.weak_tls'] }, { victim: { tags: { env: 'test', team: '*' } } }] },
    'All detections, but none whose type is hygiene.weak_tls and none with a victim with the tags env=test and team=*.',
  ],
  [
    { assignees: ['', 'mona'], resolutions: [''], hidden: 'include' },
    'Detections whose resolution is none given, whose assignee is nobody or mona; hidden ones too.',
  ],
  [
    { from: '2026-03-01T00:00:00Z', updated_to: '2026-03-02T00:00:00Z' },
    'Detections that started at or after 2026-03-01 00:00:00 UTC, that were last active before 2026-03-02 00:00:00 UTC.',
  ],
  [{ types: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] }, 'Detections whose type is a, b, c, d or 3 more.'],
] as const)('%j', (f, words) => {
  expect(filterWords(structuredClone(f) as never)).toBe(words)
})

test('names are those that are given, and what cannot be seen is visible', () => {
  expect(filterWords({ types: ['c2.beacon'], sensors: ['a\u202eb'] }, (key, v) => (key === 'type' ? 'Beaconing' : plainNames(key, v)))).toBe(
    'Detections whose type is Beaconing, whose sensor is a\\u{202e}b.',
  )
})

test('whatever the filter, it is one sentence', () => {
  for (let seed = 0; seed < 200; seed++) expect(filterWords(randomFilter(seeded(seed)))).toMatch(/^(Detections|All detections).*\.$/s)
})
