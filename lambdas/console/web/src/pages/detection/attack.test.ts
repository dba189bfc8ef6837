import { expect, test } from 'vitest'
import type { Detection } from '../../api/names'
import { stripOf } from './Attack'

const d = (tactics: string[], techniques: string[] = []) => ({ tactics, techniques }) as Detection

test('the strip is in the order of an attack, with techniques where they belong', () => {
  const strip = stripOf(d(['TA0011'], ['T1071.001', 'T9999']), [d(['TA0007']), d(['TA0007', 'TA0011'])])
  expect(strip[0]?.name).toBe('Reconnaissance')
  expect(strip.at(-1)?.name).toBe('Impact')
  const c2 = strip.find((t) => t.id === 'TA0011')
  expect(c2).toMatchObject({ here: true, related: 1, techniques: ['T1071.001', 'T9999'] })
  expect(stripOf(d([], ['T1552.005']), []).filter((t) => t.here).map((t) => t.name)).toEqual(['Credential Access'])
  expect(strip.find((t) => t.id === 'TA0007')).toMatchObject({ here: false, related: 2, techniques: [] })
})
