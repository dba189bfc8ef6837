import { fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Schemas } from '../../api/client'
import { answering, shown } from '../../testing/answers'
import { lastOf, placeOf, placeQuery } from './place'
import SaveView from './SaveView'
import { differs, viewOf, viewPlace, type ViewItem } from './views'

beforeEach(() => localStorage.clear())
afterEach(() => vi.unstubAllGlobals())

const item = (view: Partial<ViewItem['view']> = {}): ViewItem => ({ id: 'v1', revision: 1, created: '', modified: '', view: { name: 'Mine', owner: 'ada', filter: {}, sort: '-score', ...view } })

async function saved(last: string | undefined, keep: boolean): Promise<Schemas['NewView']> {
  const seen = answering({ 'POST /v1/views': (r) => item(r.body as object) })
  const close = vi.fn()
  const page = shown(<SaveView place={placeOf({})} last={last} taken={[]} close={close} />)
  fireEvent.change(screen.getByLabelText('Name'), { target: { value: 'Week' } })
  if (keep) fireEvent.click(screen.getByRole('checkbox', { name: 'Keep the time too' }))
  fireEvent.click(screen.getByRole('button', { name: 'Save' }))
  await waitFor(() => expect(close).toHaveBeenCalled())
  page.unmount()
  return seen.find((r) => r.method === 'POST')?.body as Schemas['NewView']
}

test('a view keeps the time up to now where that is asked for, and else none', async () => {
  expect((await saved('7d', true)).last).toBe('7d')
  expect((await saved('7d', false)).last).toBeUndefined()
  shown(<SaveView place={placeOf({})} taken={[]} close={() => {}} />)
  expect((screen.getByRole('checkbox', { name: 'Keep the time too' }) as HTMLInputElement).disabled).toBe(true) // from one moment to another
}, 20_000)

test('opening a view with a time looks at it, and one without leaves the time alone', () => {
  expect(placeQuery(viewPlace(item({ last: '7d' })))).toMatchObject({ last: '7d', from: undefined, to: undefined })
  expect(placeQuery(viewPlace(item({ last: '1d' })))).toHaveProperty('last', undefined) // the usual one is in no URL
  expect(placeQuery(viewPlace(item()))).not.toHaveProperty('last')
  expect([lastOf({}), lastOf({ last: '7d' }), lastOf({ last: 'x' }), lastOf({ last: '7d', from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' })]).toEqual(['1d', '7d', '1d', undefined])
})

test('another time is a change only of a view that keeps one', () => {
  const p = placeOf({})
  expect([differs(item(), p, '7d'), differs(item({ last: '7d' }), p, '7d'), differs(item({ last: '7d' }), p, '1d'), differs(item({ last: '7d' }), p, undefined)]).toEqual([false, false, true, true])
  expect(viewOf('a', false, p, '6h').last).toBe('6h')
})
