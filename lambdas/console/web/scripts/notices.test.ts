import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { notices } from './notices'

const web = join(import.meta.dirname, '..')
const all = notices(web)

test('every package that the console is built on is named with its licence', () => {
  const own = JSON.parse(readFileSync(join(web, 'package.json'), 'utf8')) as { dependencies: Record<string, string>; devDependencies: Record<string, string> }
  const names = new Set(all.packages.map((p) => p.name))
  for (const name of Object.keys(own.dependencies)) expect(names).toContain(name)
  for (const name of ['vitest', 'playwright-core', 'typescript', '@types/react']) expect(names).not.toContain(name)
  expect(all.packages.filter((p) => p.licence === 'not said')).toEqual([])
})

test('every licence is one that lets the console be passed on, and its text is there', () => {
  const free = new Set(['MIT', 'Apache-2.0', 'BSD-3-Clause', 'ISC', '0BSD', 'Unlicense'])
  expect(all.packages.filter((p) => !free.has(p.licence))).toEqual([])
  const silent = all.packages.filter((p) => p.texts.length === 0).map((p) => p.name)
  expect(silent).toEqual(['wouter']) // given to the public: it asks for no notice
})
