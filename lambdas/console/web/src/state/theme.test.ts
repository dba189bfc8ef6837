import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderHook } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { remember } from './memory'
import { useTheme } from './theme'

const early = readFileSync(join(import.meta.dirname, '../../public/theme.js'), 'utf8')

afterEach(() => {
  vi.unstubAllGlobals()
  history.replaceState(null, '', '/')
  localStorage.clear()
})

test.each([
  ['', undefined, false, 'light'], ['', undefined, true, 'dark'], ['', 'dark', false, 'dark'], ['', 'light', true, 'light'],
  ['?theme=dark', 'light', false, 'dark'], ['?theme=light', 'dark', true, 'light'], ['?theme=system', 'dark', false, 'light'], ['?theme=no', undefined, true, 'dark'],
])('what is set before the console is there is what the console shows: %s, kept %s, system dark %s', (search, kept, system, shown) => {
  vi.stubGlobal('matchMedia', () => ({ matches: system, addEventListener() {}, removeEventListener() {} }))
  history.replaceState(null, '', `/detections${search}`)
  remember('theme', kept)
  new Function(early)()
  const set = document.documentElement.style.colorScheme
  const { result } = renderHook(() => useTheme())
  expect([set, result.current[2], document.documentElement.classList.contains('mw-dark')]).toEqual([shown, shown, shown === 'dark'])
})
