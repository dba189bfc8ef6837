import { expect, test } from 'vitest'
import { looking, sharedLink } from './share'

test('a shared link has the zone, the theme and the times of now in it', () => {
  const to = Date.parse('2026-11-26T14:00:00Z')
  const ended = looking({ current: { from: to - 3_600_000, to, last: '1h' } })
  expect(sharedLink('https://mw.example/detections?band=critical&last=1h', { zone: 'utc', theme: 'dark' })).toBe(
    'https://mw.example/detections?band=critical&from=2026-11-26T13%3A00%3A00.000Z&to=2026-11-26T14%3A00%3A00.000Z&zone=utc&theme=dark',
  )
  ended()
  expect(sharedLink('https://mw.example/settings/about', { zone: 'local', theme: 'system' })).toBe('https://mw.example/settings/about?zone=local&theme=system')
})
