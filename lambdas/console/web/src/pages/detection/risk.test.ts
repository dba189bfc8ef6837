import { expect, test } from 'vitest'
import { signed, sumOf } from './risk'

const risk = (score: number, ...points: number[]) =>
  sumOf({ score, band: 'high', likelihood: 'low', complexity: 'low', impact: 'low', terms: points.map((p, i) => ({ name: `t${i}`, points: p })) })

test('the terms add up to the score', () => {
  const s = risk(70, 25, 20, 35, -10)
  expect(s).toMatchObject({ sum: 70, held: false, odd: false })
  expect(s.terms.map((t) => Math.round(t.share * 100))).toEqual([71, 57, 100, 29])
})

test('a sum beyond the ends is held there', () => {
  expect(risk(99, 60, 50)).toMatchObject({ sum: 110, held: true, odd: false })
  expect(risk(1, 5, -30)).toMatchObject({ sum: -25, held: true, odd: false })
})

test('a score that the terms do not come to is told of', () => {
  expect(risk(80, 25)).toMatchObject({ odd: true })
})

test('signs are signs', () => {
  expect([signed(5), signed(-10), signed(0)]).toEqual(['+5', '−10', '+0'])
})
