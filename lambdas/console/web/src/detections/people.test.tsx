import { screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { answering, problem, shown, somebody } from '../testing/answers'
import { usePeople } from './people'

afterEach(() => vi.unstubAllGlobals())

const user = (name: string, disabled = false) => ({ name, disabled, role: 'analyst', packets: false, must_change: false, revision: 1 })
const groups = { items: [{ key: 'otto' }, { key: '' }], complete: true }

function People() {
  return <p>offered: {usePeople(true).join(' ')}</p>
}

test('an administrator is offered every user who can sign in, on however many pages they are', async () => {
  const seen = answering({ 'GET /v1/users': (r) => (r.path.includes('cursor=two') ? { items: [user('ada')], complete: true } : { items: [user('zoe'), user('gone', true)], complete: true, next: 'two' }) })
  shown(<People />)
  await screen.findByText('offered: ada zoe')
  expect(seen.every((r) => r.path.startsWith('/v1/users'))).toBe(true)
})

test('whoever may not list users is offered those who have detections, and so is everybody where an identity provider has the users', async () => {
  const seen = answering({ 'POST /v1/detections/groups': () => groups })
  const one = shown(<People />, { me: somebody('analyst', ['updateDetection']) })
  await screen.findByText('offered: otto')
  expect(seen.map((r) => r.path)).toEqual(['/v1/detections/groups'])
  one.unmount()
  answering({ 'GET /v1/users': () => problem(404, 'an identity provider keeps them'), 'POST /v1/detections/groups': () => groups })
  shown(<People />)
  await screen.findByText('offered: otto')
})
