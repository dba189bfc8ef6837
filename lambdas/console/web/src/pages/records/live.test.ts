import { act, renderHook } from '@testing-library/react'
import { expect, test } from 'vitest'
import type { Rec } from '../../records/RecordTable'
import { useFresh } from './live'

const r = (n: number): Rec => ({ kind: 'dns', time: `2026-11-26T00:00:0${n}Z`, record: { n } })

test('new records are kept back while somebody reads, and shown when they ask or go on', () => {
  const { result, rerender } = renderHook(({ name, tail, held }) => useFresh(name, tail, held), { initialProps: { name: 'a', tail: [r(1)] as Rec[] | undefined, held: false } })
  expect(result.current.shown).toEqual([r(1)])
  rerender({ name: 'a', tail: [r(2), r(1)], held: true })
  expect([result.current.shown.length, result.current.waiting]).toEqual([1, 1])
  act(() => result.current.show())
  expect([result.current.shown, result.current.waiting]).toEqual([[r(2), r(1)], 0])
  rerender({ name: 'a', tail: [r(3)], held: true })
  rerender({ name: 'a', tail: [r(3)], held: false })
  expect(result.current.shown[0]).toEqual(r(3))
  rerender({ name: 'b', tail: undefined, held: false })
  expect(result.current.shown).toEqual([])
})
