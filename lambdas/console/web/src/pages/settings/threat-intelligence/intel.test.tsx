import { screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { answering, shown } from '../../../testing/answers'
import ThreatIntelligence from './ThreatIntelligence'

afterEach(() => vi.unstubAllGlobals())

const said = new Date().toISOString()
const list = { name: '/etc/mirrorwatch/own.csv', format: 'csv', indicators: 1200, kinds: { address: 1000, domain: 200 }, unused: 3, bad: 9, complaints: ['4: "10.0.0.0/4": a network of /8 or longer'], broken: false }
const report = { sensor: 'sensor-a', said, read: said, indicators: 1200, bytes: 108_000, lists: [list, { ...list, name: 'feed.json', format: 'stix', broken: true }], left: 2 }

const shows = (items: unknown[], total = 0) => answering({ 'GET /v1/intel': () => ({ items, complete: true }), 'POST /v1/detections/search': () => ({ items: [], complete: true, total }) })

test('every list is shown with what is wrong with it, the broken one first', async () => {
  shows([report], 7)
  const { container } = shown(<ThreatIntelligence />)
  await screen.findByText('/etc/mirrorwatch/own.csv')
  const text = container.textContent ?? ''
  expect(text).toContain('1,000 addresses and networks, 200 domains')
  expect(text).toContain('9 of it made no sense')
  expect(text).toContain('and 8 more')
  expect(text).toContain('and 2 more lists')
  expect(text.indexOf('feed.json')).toBeLessThan(text.indexOf('own.csv'))
  await screen.findByText('7 of something that is listed')
})

test('a sensor without lists is not one that says nothing', async () => {
  shows([{ sensor: 'sensor-b', said, indicators: 0, bytes: 0, lists: [], left: 0 }])
  shown(<ThreatIntelligence />)
  await screen.findByText(/started without --intel/)
})

test('one that has been silent is old news', async () => {
  shows([{ ...report, said: new Date(Date.now() - 5 * 3_600_000).toISOString() }])
  shown(<ThreatIntelligence />)
  await screen.findByText(/It has said nothing for 5 h/)
})

test('where no sensor has said anything, that is said', async () => {
  shows([])
  shown(<ThreatIntelligence />)
  await screen.findByText(/No sensor has said/)
})
