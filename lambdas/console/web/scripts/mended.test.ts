import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { mendedToolbar } from './mended'

const toolbar = readFileSync('node_modules/@cloudscape-design/components/app-layout/visual-refresh/mobile-toolbar.js', 'utf8')

test('the nav of narrow windows loses its orientation, and nothing else', () => {
  expect(mendedToolbar(toolbar)).toBe(toolbar.replace('"aria-orientation": "horizontal", ', ''))
})

test('where there is nothing to mend the build says so', () => {
  expect(() => mendedToolbar(mendedToolbar(toolbar))).toThrow('take it out')
})
