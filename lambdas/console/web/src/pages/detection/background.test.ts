import { expect, test } from 'vitest'
import { innocentOf } from './Background'

test('what looks the same is told apart from what is looked for', () => {
  expect(innocentOf('Measures rhythm. What looks the same: telemetry, polling. Rhythm alone is not enough.')).toEqual({
    looksFor: 'Measures rhythm.', innocent: 'What looks the same: telemetry, polling. Rhythm alone is not enough.',
  })
  expect(innocentOf('Finds a look-up. Nothing innocent carries it.')).toEqual({ looksFor: 'Finds a look-up.', innocent: 'Nothing innocent carries it.' })
  expect(innocentOf('People send them; what looks the same is a test.')).toEqual({ looksFor: 'People send them.', innocent: 'what looks the same is a test.' })
})

test('a text that does not say is whole', () => {
  expect(innocentOf('It is no attack.')).toEqual({ looksFor: 'It is no attack.' })
})
