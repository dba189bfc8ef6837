import createWrapper from '@cloudscape-design/components/test-utils/dom'
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Messages, Said } from '../../../shell/Messages'
import { answering, problem, shown, somebody } from '../../../testing/answers'
import { changeOf } from './ChangeUser'
import Users, { type User } from './Users'

beforeEach(() => sessionStorage.clear())
afterEach(() => vi.unstubAllGlobals())

const ada: User = { name: 'ada', role: 'admin', packets: true, disabled: false, must_change: false, password_changed: '2026-03-01T00:00:00Z', revision: 3 }
const mona: User = { ...ada, name: 'mona', full_name: '<b>\u202eMona</b>', role: 'analyst', packets: false, failures: 5, locked_until: '2999-01-01T00:00:00Z', revision: 1 }

test('one\'s own account can neither be deleted nor reset, and says why; others can', async () => {
  answering({ 'GET /v1/users': () => ({ items: [ada, mona], complete: true }) })
  const { container } = shown(<Users />)
  await screen.findByText('You')
  expect(container.textContent).toContain('<b>\\u{202e}Mona</b>')
  expect(container.textContent).toContain('Locked until')
  expect(container.textContent).toContain('5 wrong passwords since')
  const [own, other] = createWrapper().findAllButtonDropdowns()
  own?.openDropdown()
  expect(own?.findItems().map((i) => [i.getElement().textContent?.slice(0, 8), i.find('[aria-disabled="true"]') !== null])).toEqual([['Reset th', true], ['Choose a', true], ['Sessions', false], ['DeleteTh', true]])
  own?.openDropdown()
  other?.openDropdown()
  expect(other?.findItems().some((i) => i.find('[aria-disabled="true"]'))).toBe(false)
}, 20_000)

test('the first password is shown once, with no way out but to say that one has it', async () => {
  const seen = answering({ 'GET /v1/users': () => ({ items: [ada], complete: true }), 'POST /v1/users': () => ({ password: 'once-upon-a-time', user: mona }) })
  shown(<Users />, { at: '/settings/users?edit=new' })
  const name = await waitFor(() => createWrapper().findModal()?.findContent().findAllInputs()[0] ?? Promise.reject(new Error('not yet')), { timeout: 5000 })
  name.setInputValue('mona')
  fireEvent.click(screen.getByRole('button', { name: 'Make the user' }))
  await screen.findByText('once-upon-a-time', {}, { timeout: 5000 })
  expect(seen.find((r) => r.method === 'POST')?.body).toEqual({ name: 'mona', role: 'analyst', packets: false })
  expect(JSON.stringify({ ...sessionStorage })).not.toContain('once-upon')
  createWrapper().findModal()?.findDismissButton().click()
  expect(screen.getByText('once-upon-a-time')).toBeTruthy()
  fireEvent.click(screen.getByRole('checkbox', { name: 'I have the password' }))
  createWrapper().findModal()?.findDismissButton().click()
  await waitFor(() => expect(screen.queryByText('once-upon-a-time')).toBeNull())
}, 20_000)

test('a password that an administrator chooses is sent once, kept nowhere, and what the server refuses is said at it', async () => {
  let refuse = true
  const seen = answering({
    'GET /v1/users': () => ({ items: [ada, mona], complete: true }),
    'PUT /v1/users/mona/password': () => (refuse ? problem(400, 'no', [{ field: 'password', value: '(hidden)', allowed: 'one that is not among those that everybody knows' }]) : new Response(null, { status: 204 })),
  })
  shown(<Messages><Said /><Users /></Messages>)
  await screen.findByText('You')
  const menu = createWrapper().findAllButtonDropdowns()[1]
  menu?.openDropdown()
  menu?.findItems().find((i) => i.getElement().textContent === 'Choose a password')?.click()
  const form = await waitFor(() => createWrapper().findModal()?.findContent() ?? Promise.reject(new Error('not yet')))
  const type = (text: string, again = text) => ['New password', 'New password once more'].forEach((label, i) => fireEvent.change(screen.getByLabelText(label), { target: { value: i === 0 ? text : again } }))
  expect(form.getElement().textContent).toContain('must choose another at the next sign-in')
  const set = () => createWrapper().findModal()?.findFooter()?.findAllButtons().at(-1)
  type('mona in winter')
  expect(set()?.isDisabled()).toBe(true)
  type('seven quiet lanterns', 'seven loud lanterns')
  expect(screen.getAllByText('The two are not the same.').length).toBeTruthy()
  type('seven quiet lanterns')
  set()?.click()
  await screen.findAllByText('It must be one that is not among those that everybody knows.')
  refuse = false
  type('eight quiet lanterns')
  set()?.click()
  await waitFor(() => expect(screen.queryByLabelText('New password')).toBeNull())
  expect(screen.getAllByText(/must change it at the next sign-in/).length).toBeTruthy()
  expect(seen.filter((r) => r.method === 'PUT').map((r) => r.body)).toEqual([{ password: 'seven quiet lanterns' }, { password: 'eight quiet lanterns' }])
  expect(document.body.innerHTML + JSON.stringify({ ...sessionStorage, ...localStorage })).not.toContain('lanterns')
}, 20_000)

test('where an identity provider keeps users, that is said, and nobody can be made here', async () => {
  answering({ 'GET /v1/users': () => problem(404, 'an identity provider keeps them') })
  shown(<Users />)
  await screen.findByText(/Amazon Cognito user pool/, {}, { timeout: 5000 })
  for (const group of ['viewer', 'analyst', 'admin', 'packets']) expect(document.body.textContent).toContain(`mirrorwatch-${group}`)
  expect(createWrapper().findAllButtons().find((b) => b.getElement().textContent?.startsWith('Make a user'))?.isDisabled()).toBe(true)
})

test('a viewer is told who may see users, and nothing is asked', () => {
  const seen = answering({})
  shown(<Users />, { me: somebody('viewer', []) })
  expect(screen.getByText('You may not see the users')).toBeTruthy()
  expect(seen).toEqual([])
})

test('only what was changed is sent', () => {
  expect(changeOf(mona, { ...mona, packets: true })).toEqual({ packets: true })
  expect(changeOf(mona, { ...mona, full_name: ' Mona ', disabled: true })).toEqual({ full_name: 'Mona', disabled: true })
  expect(changeOf(mona, mona)).toEqual({})
})
