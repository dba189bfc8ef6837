import { fireEvent, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { answering, shown } from '../../testing/answers'
import About from './About'
import { isOff, timed } from './clock'
import { dropped } from './Sensors'

afterEach(() => vi.unstubAllGlobals())

const status = { version: 'v1', time: '2026-11-26T12:00:30Z', sensors: [
  { sensor: 'b', healthy: true, since: '2026-11-26T11:00:00Z', packets: 1000, drops: 0, waiting: 0 },
  { sensor: 'c', healthy: false, reason: 'dropping: kernel 12', since: '2026-11-26T11:00:00Z', packets: 900, drops: 100, waiting: 2 },
] }

test('a clock is only off by more than a slow answer explains', () => {
  const at = Date.parse(status.time)
  expect(isOff(timed(status, at - 20_000, at - 10_000))).toBe(false)
  expect(isOff(timed(status, at - 41_000, at - 39_000))).toBe(true)
  expect(isOff(timed(status, at - 80_000, at - 20_000))).toBe(false)
  expect(timed(status, at + 60_000, at + 60_000).ahead).toBe(-60_000)
})

test('drops are said as a share', () => {
  expect([dropped({ packets: 900, drops: 100 }), dropped({ packets: 1, drops: 0 }), dropped({ packets: 1_000_000, drops: 1 })]).toEqual(['100 (10.00 %)', 'None', '1 (under 0.01 %)'])
})

test('a clock that is off is warned of, and the sensor that is ill comes first', async () => {
  answering({ 'GET /v1/status': () => ({ ...status, time: new Date(Date.now() + 3_600_000).toISOString() }) })
  const { container } = shown(<About />)
  await screen.findByText(/is 1 h ahead of this browser/)
  const text = container.textContent ?? ''
  expect(text.indexOf('dropping: kernel 12')).toBeLessThan(text.indexOf('Well'))
  expect(text).toContain('Not counted here')
})

test('the licences of others are there for the asking, with their texts', async () => {
  answering({ 'GET /v1/status': () => status })
  shown(<About />)
  fireEvent.click(screen.getByRole('button', { name: 'Show what others made' }))
  fireEvent.click(await screen.findByRole('button', { name: 'Licence of react' }, { timeout: 15_000 }))
  expect((await screen.findAllByText(/Permission is hereby granted/, {}, { timeout: 10_000 })).length).toBeGreaterThan(0)
}, 40_000)
