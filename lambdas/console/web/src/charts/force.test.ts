import { expect, test, vi } from 'vitest'
import { hashOf, settle, settling, type Settling } from './force'

const bodies = Array.from({ length: 40 }, (_, i) => ({ id: `vni-1/10.0.0.${i}`, radius: 8 }))
const ties = bodies.slice(1).map((b, i) => ({ from: b.id, to: bodies[Math.floor(i / 4)]?.id ?? '' }))

function run(s: Settling) {
  while (!s.tick());
  return s.places()
}

test('the same map gives the same places', () => {
  expect([...run(settling(bodies, ties))]).toEqual([...run(settling(bodies, ties))])
})

test('nobody stands on somebody else', () => {
  const at = [...run(settling(bodies, ties)).values()]
  for (const [i, a] of at.entries()) for (const b of at.slice(i + 1)) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(16)
})

test('what stood stays, and what is new comes beside whom it spoke with', () => {
  const before = run(settling(bodies, ties))
  const far = { x: 900, y: -400 }
  const known = new Map(before).set('vni-1/10.0.0.39', far)
  const after = run(settling([...bodies, { id: 'new', radius: 8 }], [...ties, { from: 'new', to: 'vni-1/10.0.0.39' }], known))
  for (const [id, p] of known) expect(after.get(id)).toEqual(p)
  const fresh = after.get('new')
  expect(Math.hypot((fresh?.x ?? 0) - far.x, (fresh?.y ?? 0) - far.y)).toBeLessThan(250)
})

test('ties of nobody and with oneself are left out', () => {
  expect(run(settling(bodies.slice(0, 2), [{ from: 'x', to: 'vni-1/10.0.0.0' }, { from: 'vni-1/10.0.0.0', to: 'vni-1/10.0.0.0' }])).size).toBe(2)
  expect(run(settling([], [])).size).toBe(0)
})

test('the work is done in slices, and can be ended', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let ticks = 0
  const slow: Settling = { tick: () => { const end = performance.now() + 3; while (performance.now() < end); return ++ticks >= 12 }, places: () => new Map() }
  const done = vi.fn()
  settle(slow, done, 4)
  await vi.advanceTimersToNextTimerAsync()
  expect(ticks).toBeLessThan(4)
  expect(done).not.toHaveBeenCalled()
  await vi.runAllTimersAsync()
  expect(done).toHaveBeenCalledOnce()
  const never = vi.fn()
  settle(slow, never, 4)()
  await vi.runAllTimersAsync()
  expect(never).not.toHaveBeenCalled()
  vi.useRealTimers()
})

test('the hash is FNV-1a', () => {
  expect(hashOf('')).toBe(0x811c9dc5)
  expect(hashOf('a')).toBe(0xe40c292c)
})
