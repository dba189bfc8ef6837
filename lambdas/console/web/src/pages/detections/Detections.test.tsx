import { act, configure, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, expect, test } from 'vitest'
import type { DetectionFilter } from '../../api/names'
import { Messages, Said } from '../../shell/Messages'
import { answering, problem, shown, somebody, type Request } from '../../testing/answers'
import Detections from './Detections'
import { sample } from './samples.testing'

configure({ asyncUtilTimeout: 5000 }) // the page is large, and machines are slow

const asFilter = (r: Request) => (r.body as { filter: DetectionFilter }).filter
const from = (r: Request) => (r.body as { from: string }).from

function world(change: Record<string, (r: Request) => unknown> = {}): Request[] {
  return answering({
    'GET /v1/catalogue': () => ({ complete: true, items: [] }),
    'GET /v1/views': () => ({ complete: true, items: [] }),
    'GET /v1/status': () => ({ version: '1', time: '2026-11-26T12:00:00Z', sensors: [] }),
    'POST /v1/records/histogram': (r) => ({ complete: true, step_seconds: 1800, buckets: [{ start: from(r), count: 5 }] }),
    'POST /v1/detections/histogram': (r) => ({
      complete: true,
      step_seconds: 1800,
      buckets: [{ start: from(r), count: 3, bands: { high: 2, low: 1 } }],
    }),
    'POST /v1/detections/search': (r) =>
      asFilter(r).hidden === 'only'
        ? { complete: true, items: [], total: 4 }
        : { complete: true, items: [sample(), sample({ id: 'd2', title: 'Beaconing' })], total: 2 },
    'POST /v1/detections/groups': () => ({
      complete: true,
      total: 1,
      items: [
        {
          key: 'recon.port_scan',
          label: 'Port scan',
          count: 2,
          open: 1,
          max_score: 64,
          latest: '2026-11-26T11:00:00Z',
          offenders: 1,
          victims: 1,
          bars: [0, 2],
        },
      ],
    }),
    ...change,
  })
}

const page = (at = '/detections', me = somebody()) =>
  shown(
    <Messages>
      <Said />
      <Detections />
    </Messages>,
    { at, me },
  )

beforeEach(() => {
  localStorage.clear()
  Element.prototype.scrollIntoView = () => {}
})

test('the page shows what there is, how much of it, and what is hidden', async () => {
  world()
  page()
  expect(await screen.findByRole('link', { name: 'Port scan' })).toBeTruthy()
  expect((await screen.findByRole('button', { name: /2 High 60–79/ })).getAttribute('aria-pressed')).toBe('false') // what is around the list follows it
  expect(await screen.findByText('Show hidden (4)')).toBeTruthy()
}, 20_000)

test('who waits for a list waits for nothing else: what is around it is asked for behind it', async () => {
  let give = () => {}
  const held = new Promise<void>((done) => (give = done))
  const asked = world({
    'POST /v1/detections/search': async (r) => {
      if (asFilter(r).hidden !== 'only' && asFilter(r).bands) await held
      return { complete: true, items: [sample()], total: 1 }
    },
  })
  page()
  const high = await screen.findByRole('button', { name: /High 60–79/ })
  await waitFor(() => expect(screen.getByText('Show hidden (1)')).toBeTruthy())
  asked.length = 0
  fireEvent.click(high)
  await waitFor(() => expect(asked).toHaveLength(1))
  await act(() => new Promise((later) => setTimeout(later, 50)))
  expect(asked.map((r) => [r.path, asFilter(r).bands])).toEqual([['/v1/detections/search', ['high']]])
  give()
  await waitFor(() => expect(asked.some((r) => asFilter(r).hidden === 'only')).toBe(true))
}, 20_000)

test('a band is asked for, and stays chosen', async () => {
  const asked = world()
  page()
  fireEvent.click(await screen.findByRole('button', { name: /High 60–79/ }))
  await waitFor(() => expect(asked.some((r) => r.path.endsWith('/search') && asFilter(r).bands?.join() === 'high' && !asFilter(r).hidden)).toBe(true))
  await waitFor(() => expect(screen.getByRole('button', { name: /High 60–79/ }).getAttribute('aria-pressed')).toBe('true'))
  expect(asked.filter((r) => r.path === '/v1/detections/histogram').every((r) => asFilter(r).bands === undefined)).toBe(true)
}, 20_000)

test('what is changed before the change before it was drawn does not undo it', async () => {
  const asked = world()
  page('/detections?status=open')
  const band = (name: RegExp) => screen.getByRole('button', { name })
  await screen.findByRole('button', { name: /High 60–79/ })
  const token = await screen.findByRole('button', { name: /^Remove.*Status/ })
  act(() => { // nothing is drawn in between
    band(/High 60–79/).click()
    token.click()
    band(/Low/).click()
  })
  const last = () => asked.filter((r) => r.path.endsWith('/search') && asFilter(r).hidden !== 'only').at(-1)
  await waitFor(() => expect(last() && asFilter(last() as Request)).toMatchObject({ bands: ['high', 'low'] }))
  expect(last() && asFilter(last() as Request)).not.toHaveProperty('statuses')
  await waitFor(() => expect(band(/High 60–79/).getAttribute('aria-pressed')).toBe('true'))
}, 20_000)

test('a link shows what it says', async () => {
  const asked = world()
  page(
    '/detections?type=c2.beacon&sort=newest&sel_from=2026-11-26T09:00:00Z&sel_to=2026-11-26T10:00:00Z&from=2026-11-26T00:00:00Z&to=2026-11-27T00:00:00Z',
  )
  await screen.findByRole('link', { name: 'Port scan' })
  expect(asked.find((r) => r.path.endsWith('/search'))?.body).toEqual({
    filter: { types: ['c2.beacon'], from: '2026-11-26T09:00:00.000Z', to: '2026-11-26T10:00:00.000Z' },
    sort: '-start',
    limit: 50,
    count: true,
  })
  expect(await screen.findByRole('button', { name: 'Clear time selection (2026-11-26 09:00 – 10:00 UTC)' })).toBeTruthy()
}, 20_000)

test('keys lead through the list and acknowledge', async () => {
  const asked = world({ 'PATCH /v1/detections/d2': () => sample({ id: 'd2', title: 'Beaconing', status: 'acknowledged', revision: 3 }) })
  page()
  await screen.findByRole('link', { name: 'Port scan' })
  const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key })
  press('j')
  press('j')
  expect(document.activeElement?.textContent).toBe('Beaconing')
  press('x')
  expect(screen.getByText('1 detection selected')).toBeTruthy()
  press('a')
  await waitFor(() => expect(asked.some((r) => r.method === 'PATCH')).toBe(true))
  expect(await screen.findByText('Acknowledged')).toBeTruthy() // in its place
  expect(screen.getAllByRole('article')).toHaveLength(2)
}, 20_000)

test('who may not triage is told so, and the buttons are off', async () => {
  const asked = world()
  page('/detections', somebody('viewer', ['searchDetections']))
  const [box] = await screen.findAllByRole('checkbox', { name: 'Select Port scan, risk 64' })
  if (!box) throw new Error('no box')
  fireEvent.click(box)
  const bar = within(screen.getByRole('region', { name: 'Selected detections' }))
  expect(
    bar.getByRole('button', { name: /Acknowledge/ }).getAttribute('aria-disabled') ??
      bar.getByRole('button', { name: /Acknowledge/ }).getAttribute('disabled'),
  ).not.toBeNull()
  const why = 'Your role is viewer, which may not do this.'
  const before = screen.queryAllByText(why).length // beside the buttons
  fireEvent.keyDown(box, { key: 'j' })
  fireEvent.keyDown(document.activeElement ?? document.body, { key: 'a' })
  await waitFor(() => expect(screen.getAllByText(why)).toHaveLength(before + 1))
  expect(asked.some((r) => r.method === 'PATCH')).toBe(false)
}, 20_000)

test('groups open in their place', async () => {
  const asked = world()
  page('/detections?group=type')
  fireEvent.click(await screen.findByRole('button', { name: /Port scan.*2 detections, 1 open, 1 offender/ }))
  expect(await screen.findAllByRole('link', { name: /tried 1,000 ports/ })).toHaveLength(2) // the sentence: the title is above
  expect(asked.some((r) => r.path.endsWith('/search') && asFilter(r).types?.join() === 'recon.port_scan')).toBe(true)
}, 20_000)

test('where nothing is, the last one is named and there is a way to it', async () => {
  world({ 'POST /v1/detections/search': (r) => (asFilter(r).from ? { complete: true, items: [], total: 0 } : { complete: true, items: [sample()] }) })
  page('/detections?last=15m')
  expect(await screen.findByText('Nothing in this time')).toBeTruthy()
  expect(await screen.findByRole('link', { name: 'Port scan' })).toBeTruthy()
  expect(screen.getByRole('button', { name: 'Look at the time around the last one' })).toBeTruthy()
}, 20_000)

test('each panel says by itself that it failed', async () => {
  world({
    'POST /v1/detections/search': () => problem(503, 'the store is full'),
    'POST /v1/records/histogram': () => problem(404, 'records are not kept here'),
  })
  page()
  expect((await screen.findAllByText('the store is full')).length).toBeGreaterThan(0)
  expect(await screen.findByText(/Whether the feed had gaps is not known: records are not kept here/)).toBeTruthy()
  expect(screen.getByRole('button', { name: /High 60–79/ })).toBeTruthy() // the histogram is there
}, 20_000)

test('a saved view is shown where nothing else is asked for', async () => {
  localStorage.setItem('mirrorwatch.detections.view', 'v1')
  const asked = world({
    'GET /v1/views': () => ({
      complete: true,
      items: [
        { id: 'v1', revision: 1, created: '', modified: '', view: { name: 'Mine', owner: 'ada', filter: { statuses: ['open'] }, group: 'type' } },
      ],
    }),
  })
  page()
  expect(await screen.findByRole('button', { name: /Port scan.*2 detections/ })).toBeTruthy()
  expect(await screen.findByRole('button', { name: 'View: Mine' })).toBeTruthy()
  expect(asked.some((r) => r.path.endsWith('/groups') && asFilter(r).statuses?.join() === 'open')).toBe(true)
}, 20_000)

test('what was right stays, with its time, where a refresh fails', async () => {
  let down = false
  const or = (answer: unknown) => () => (down ? problem(503, 'the server is stopped') : answer)
  world({
    'POST /v1/detections/search': or({ complete: true, items: [sample()], total: 1 }),
    'POST /v1/detections/histogram': or({
      complete: true,
      step_seconds: 1800,
      buckets: [{ start: '2026-11-26T11:00:00Z', count: 1, bands: { high: 1 } }],
    }),
  })
  page()
  await screen.findByRole('link', { name: 'Port scan' })
  await screen.findByRole('button', { name: /1 High 60–79/ })
  down = true
  fireEvent.click(screen.getByRole('button', { name: /^Refresh/ }))
  expect((await screen.findAllByText(/As of/)).length).toBeGreaterThan(0)
  expect(screen.getByRole('link', { name: 'Port scan' })).toBeTruthy()
  expect(screen.getByRole('button', { name: /1 High 60–79/ })).toBeTruthy()
}, 20_000)
