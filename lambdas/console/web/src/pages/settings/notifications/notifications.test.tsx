import createWrapper from '@cloudscape-design/components/test-utils/dom'
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { answering, shown } from '../../../testing/answers'
import { fitting, keepsSecrets, reasonAgainst, whereTo, type Rule, type RuleItem } from './channel'
import { letterOf } from './letter'
import Notifications from './Notifications'
import { quietText } from './QuietFields'

beforeEach(() => sessionStorage.clear())
afterEach(() => vi.unstubAllGlobals())

const rule: Rule = { name: 'On-call', enabled: true, on: null, match: { bands: ['critical'] }, channel: { type: 'webhook', url: 'https://hooks.example.com/s3cret', headers: { 'X-Token': '' } } }
const item: RuleItem = { id: 'n1', revision: 3, created: '2026-03-01T00:00:00Z', modified: '2026-03-01T00:00:00Z', rule, has_secret: true }
const dead = { id: 'l1', created: '2026-03-01T00:00:00Z', letter: { rule: 'n1', reason: 'created', attempts: 8, error: 'answered 500', died: '2026-03-01T01:00:00Z', event: { detail: { detection: { id: 'd1', title: '<img src=x>' } } } } }

const routes = {
  'GET /v1/notifications/rules': () => ({ items: [item], complete: true }),
  'GET /v1/notifications/dead-letters': () => ({ items: [dead], complete: true }),
  'GET /v1/catalogue': () => ({ items: [], complete: true }),
}

test('of a channel only what its type needs is sent', () => {
  expect(fitting({ type: 'sns', url: 'https://x', topic: ' arn:aws:sns:x ', secret: 's', headers: { a: 'b' }, allow_private: true, template: 't' })).toEqual({ type: 'sns', topic: 'arn:aws:sns:x' })
  expect(fitting({ type: 'webhook', url: 'https://x', format: 'ocsf', template: 't', headers: {} })).toEqual({ type: 'webhook', url: 'https://x', format: 'ocsf' })
  expect(fitting({ type: 'pagerduty', secret: 'k', url: '' })).toEqual({ type: 'pagerduty', secret: 'k' })
}, 30_000)

test('secrets stay with the address that they were given for', () => {
  expect(keepsSecrets(rule.channel, { ...rule.channel })).toBe(true)
  expect(keepsSecrets(rule.channel, { ...rule.channel, url: 'https://elsewhere.example.com' })).toBe(false)
  expect(reasonAgainst({ ...rule, channel: { type: 'pagerduty' } }, false, true)).toBe('The channel has no routing key yet.')
  expect(reasonAgainst({ ...rule, channel: { type: 'pagerduty' } }, true, true)).toBeUndefined()
}, 30_000)

test('of a URL only the host is shown: the rest often is the secret', () => {
  expect(whereTo(rule.channel)).toBe('hooks.example.com')
  expect(whereTo({ type: 'slack', url: 'nonsense' })).toBe('no address')
}, 30_000)

test('quiet hours are said in words', () => {
  expect(quietText({ days: ['mon', 'tue'], from: '22:00', to: '06:00', zone: 'Europe/Berlin', min_score: 80 })).toBe('Mon, Tue 22:00 to 06:00 the next day, Europe/Berlin; from risk 80 on all the same')
  expect(quietText({ from: '00:00', to: '06:00' })).toBe('every day 00:00 to 06:00, UTC')
}, 30_000)

test('a letter of another form says nothing, and breaks nothing', () => {
  expect(letterOf('x')).toEqual({ rule: '', reason: '', about: '', detection: undefined, attempts: 0, error: '', died: undefined })
  expect(letterOf(dead.letter)).toMatchObject({ about: '<img src=x>', detection: 'd1', attempts: 8 })
}, 30_000)

test('rules and what was not delivered are listed, without secrets', async () => {
  answering(routes)
  const { container } = shown(<Notifications />)
  await screen.findByText('hooks.example.com')
  expect(container.textContent).toContain('secret kept, 1 header kept')
  expect(container.textContent).not.toContain('s3cret')
  await screen.findByText('<img src=x>')
  expect(container.textContent).toContain('answered 500')
}, 30_000)

test('a secret that is kept is not sent, and never put into the draft', async () => {
  const seen = answering({ ...routes, 'PUT /v1/notifications/rules/n1': (r) => ({ ...item, rule: r.body }) })
  shown(<Notifications />, { at: '/settings/notifications?edit=n1' })
  await screen.findByText('One is kept, and never shown. Leave this empty to keep it.', {}, { timeout: 10_000 })
  const [name] = createWrapper().findModal()?.findContent().findAllInputs() ?? []
  name?.setInputValue('On-call at night')
  const secret = createWrapper().findModal()?.findContent().findAllInputs().find((i) => i.findNativeInput().getElement().placeholder === 'kept')
  secret?.setInputValue('brand-new-secret')
  await waitFor(() => expect(sessionStorage.getItem('mirrorwatch.draft.ada.notification.n1')).toContain('On-call at night'), { timeout: 5000 })
  expect(JSON.stringify({ ...sessionStorage })).not.toContain('brand-new-secret')
  secret?.setInputValue('')
  fireEvent.click(screen.getByRole('button', { name: 'Save the rule' }))
  await waitFor(() => expect(seen.some((r) => r.method === 'PUT')).toBe(true), { timeout: 5000 })
  const sent = seen.find((r) => r.method === 'PUT')?.body as Rule
  expect(sent).toMatchObject({ name: 'On-call at night', channel: { url: 'https://hooks.example.com/s3cret', headers: { 'X-Token': '' } } })
  expect(sent.channel.secret).toBeUndefined()
}, 30_000)

const letters = ['l1', 'l2', 'l3'].map((id) => ({ ...dead, id, letter: { ...dead.letter, rule: id === 'l3' ? 'gone' : 'n1', event: { detail: { detection: { id: 'd1', title: `about ${id}` } } } } }))
const button = (text: string) => createWrapper().findAllButtons().find((b) => b.getElement().textContent?.startsWith(text))

test('all are sent again, and what of them failed stays to be read', async () => {
  let open = () => {}
  const first = new Promise<void>((r) => { open = r })
  const seen = answering({
    ...routes, 'GET /v1/notifications/dead-letters': () => ({ items: letters, complete: true }),
    'POST /v1/notifications/dead-letters/l1/resend': () => first.then(() => Response.json({ ok: true })),
    'POST /v1/notifications/dead-letters/l2/resend': () => ({ ok: false, detail: 'the store is full' }),
  })
  shown(<Notifications />)
  await screen.findByText('about l2')
  button('Send all again')?.click()
  await screen.findByText('Send all 3 again?')
  createWrapper().findModal()?.findFooter()?.findAllButtons().at(-1)?.click()
  await screen.findByText('0 of 3')
  expect(seen.some((r) => r.method === 'POST' && r.path.includes('l2'))).toBe(false) // one after the other
  open()
  const list = await screen.findByRole('list', { name: 'What failed' }, { timeout: 5000 })
  expect(list.textContent).toBe('about l2: the store is fullabout l3: Its rule is gone: there is nowhere to send it.')
  expect(createWrapper().findModal()?.getElement().textContent).toContain('1 is on its way again, 2 could not be sent again.')
  expect(seen.filter((r) => r.method === 'POST').map((r) => r.path)).toEqual(['/v1/notifications/dead-letters/l1/resend', '/v1/notifications/dead-letters/l2/resend'])
}, 30_000)

test('all are forgotten only once that was confirmed, and the rest stays where it is stopped', async () => {
  let items = letters
  let open = () => {}
  const first = new Promise<void>((r) => { open = r })
  const seen = answering({
    ...routes, 'GET /v1/notifications/dead-letters': () => ({ items, complete: true }),
    'DELETE /v1/notifications/dead-letters/l1': () => first.then(() => {
      items = letters.slice(1)
      return new Response(null, { status: 204 })
    }),
  })
  shown(<Notifications />)
  await screen.findByText('about l1')
  button('Forget all')?.click()
  await screen.findByText('Forget all 3?')
  expect(seen.some((r) => r.method === 'DELETE')).toBe(false)
  createWrapper().findModal()?.findFooter()?.findAllButtons().at(-1)?.click()
  await screen.findByText('0 of 3')
  button('Stop')?.click()
  open()
  await screen.findByText('Stopped')
  expect(createWrapper().findModal()?.getElement().textContent).toContain('1 is forgotten, 2 not tried.')
  await waitFor(() => expect(screen.queryByText('about l1')).toBeNull())
  expect(seen.filter((r) => r.method === 'DELETE')).toHaveLength(1)
}, 30_000)
