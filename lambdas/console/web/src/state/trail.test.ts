import { beforeEach, expect, test } from 'vitest'
import { leaveTrail, stepOf } from './trail'

beforeEach(() => sessionStorage.clear())

test('a member knows its neighbours and the list as it was', () => {
  leaveTrail('detections', { list: '/detections?band=critical', ids: ['a', 'b', 'c'] })
  expect(stepOf('detections', 'b')).toEqual({ list: '/detections?band=critical', place: 2, of: 3, before: 'a', next: 'c' })
  expect(stepOf('detections', 'a')?.before).toBeUndefined()
  expect(stepOf('detections', 'x')).toBeUndefined()
  expect(stepOf('incidents', 'b')).toBeUndefined()
})

test('of a very long list the members around the one that is opened are kept', () => {
  const ids = Array.from({ length: 10_000 }, (_, i) => `d${i}`)
  leaveTrail('detections', { list: '/detections', ids }, 'd9999')
  expect(stepOf('detections', 'd9999')?.before).toBe('d9998')
  leaveTrail('detections', { list: '/detections', ids }, 'd5000')
  expect(stepOf('detections', 'd5000')).toMatchObject({ before: 'd4999', next: 'd5001' })
})

test('what makes no sense, or leads elsewhere, is no list', () => {
  for (const bad of ['{', 'null', '[]', '{"list":"//evil.example","ids":["a"]}', '{"list":"https://evil.example","ids":["a"]}', '{"list":"/detections","ids":[1]}']) {
    sessionStorage.setItem('mirrorwatch.trail.detections', bad)
    expect(stepOf('detections', 'a'), bad).toBeUndefined()
  }
})
