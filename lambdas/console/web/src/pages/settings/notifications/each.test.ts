import { expect, test } from 'vitest'
import { Problem } from '../../../api/client'
import { each, type Course } from './each'

const list = ['a', 'b', 'c', 'd']

test('what is refused does not stop the others, and is told', async () => {
  const seen: Course<string>[] = []
  const end = await each(list, { stop: new AbortController().signal, told: (c) => seen.push(c), act: (x) => (x === 'b' ? Promise.reject(new Problem(404, 'gone')) : Promise.resolve(x === 'c' ? 'no way' : undefined)) })
  expect(end).toEqual({ done: 4, all: 4, failed: [{ of: 'b', why: 'gone' }, { of: 'c', why: 'no way' }] })
  expect(seen.map((c) => c.done)).toEqual([0, 1, 2, 3, 4])
})

test('it ends where somebody stops it, and where the server is gone', async () => {
  const stop = new AbortController()
  const stopped = await each(list, { stop: stop.signal, told: (c) => c.done === 2 && stop.abort(), act: () => Promise.resolve(undefined) })
  expect(stopped).toEqual({ done: 2, all: 4, failed: [], ended: 'stopped' })
  const gone = new Problem(0, 'The server cannot be reached')
  const broken = await each(list, { stop: new AbortController().signal, told: () => {}, act: (x) => (x === 'c' ? Promise.reject(gone) : Promise.resolve(undefined)) })
  expect(broken).toEqual({ done: 2, all: 4, failed: [], ended: gone })
})

test('a server that wants one to wait is waited for, and not for ever', async () => {
  const waits: number[] = []
  let busy = 2
  const options = { stop: new AbortController().signal, told: () => {}, pause: async (ms: number) => void waits.push(ms) }
  const well = await each(['a'], { ...options, act: () => (busy-- > 0 ? Promise.reject(new Problem(429, 'slow down', '', [], '', '', 3)) : Promise.resolve(undefined)) })
  expect([well.done, waits]).toEqual([1, [3000, 3000]])
  const never = await each(['a'], { ...options, act: () => Promise.reject(new Problem(429, 'slow down')) })
  expect(never).toMatchObject({ done: 0, ended: { status: 429 } })
})
