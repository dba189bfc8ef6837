import { expect, test } from 'vitest'
import { taken } from './fonts'

test('a font becomes a file, and the style sheet names it', () => {
  const font = Buffer.from('a font').toString('base64')
  const { css, files } = taken(`a{b:c}@font-face{font-family:'Open Sans';font-weight:700;font-style:italic;src:url("data:font/woff2;base64,${font}") format("woff2")}d{e:f}`, 'assets')
  const [name, content] = [...files][0] ?? []
  expect(name).toMatch(/^assets\/open-sans-700i-[\w-]{8}\.woff2$/)
  expect(content?.toString()).toBe('a font')
  expect(css).toBe(`a{b:c}@font-face{font-display:swap;font-family:'Open Sans';font-weight:700;font-style:italic;src:url(/${name}) format("woff2")}d{e:f}`)
})

test('what is no font stays', () => {
  const css = '@font-face{font-family:x;src:url(/x.woff2)}a{background:url(data:image/png;base64,AAAA)}'
  expect(taken(css, 'assets')).toEqual({ css, files: new Map() })
})
