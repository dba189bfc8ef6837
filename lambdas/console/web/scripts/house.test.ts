// The rules of the house, held against every source of the console.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const web = join(import.meta.dirname, '..')
const sources = ['src', 'e2e', 'scripts']
  .flatMap((folder) => readdirSync(join(web, folder), { recursive: true, encoding: 'utf8' }).map((f) => join(folder, f)))
  .filter((f) => /\.(ts|tsx|mjs|css)$/.test(f) && !f.endsWith('schema.d.ts') && !f.endsWith('house.test.ts'))
  .map((name) => ({ name, text: readFileSync(join(web, name), 'utf8') }))

const shipped = sources.filter((s) => s.name.startsWith('src/') && !s.name.includes('.test.'))

function offending(in_: typeof sources, rule: RegExp): string[] {
  const comment = /^\s*(\/\/|\/?\*)/
  return in_.flatMap((s) => s.text.split('\n').flatMap((line, i) => (rule.test(line) && !comment.test(line) ? [`${s.name}:${i + 1}: ${line.trim()}`] : [])))
}

test('a file is at most 350 lines', () => {
  expect(sources.length).toBeGreaterThan(30)
  expect(sources.filter((s) => s.text.split('\n').length > 351).map((s) => s.name)).toEqual([])
})

test('nothing writes markup, and nothing runs text', () => {
  expect(offending(shipped, /dangerouslySetInnerHTML|\.(inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\(|srcdoc/i)).toEqual([])
})

test('nothing leaves the origin but links that somebody clicks', () => {
  expect(offending(shipped.filter((s) => !s.name.includes('/testing/')), /https?:\/\/(?!attack\.mitre\.org|www\.w3\.org)[a-z0-9]/).filter((l) => !/placeholder|example/i.test(l))).toEqual([])
})

test('types say something', () => {
  expect(offending(sources, /:\s*any\b(?! \w)|\bas any\b|@ts-ignore|@ts-nocheck/)).toEqual([])
})

test('colours are variables, but for shadows and what dims a page: a fixed one is wrong in one of the themes', () => {
  expect(offending(shipped.filter((s) => s.name.endsWith('.css') && !s.name.endsWith('tokens.css')), /#[0-9a-f]{3,8}\b|\brgba?\((?!0 0 0)/i)).toEqual([])
})

test('a class is dressed in one folder: what two pages call the same would change in one once the other was looked at', () => {
  const folders = new Map<string, Set<string>>()
  for (const { name: file, text } of shipped.filter((s) => s.name.endsWith('.css') && !s.name.endsWith('print.css'))) {
    for (const [, selectors = ''] of text.replaceAll(/\/\*.*?\*\//gs, '').matchAll(/([^{}]+)\{/g)) {
      for (const one of selectors.split(',')) {
        const name = /^\.(mw-[\w-]+)(:[\w-]+|\[[^\]]+\])*$/.exec(one.trim())?.[1]
        if (name) folders.set(name, (folders.get(name) ?? new Set()).add(dirname(file)))
      }
    }
  }
  expect(folders.size).toBeGreaterThan(100)
  expect([...folders].filter(([, all]) => all.size > 1).map(([name, all]) => `${name}: ${[...all].join(', ')}`)).toEqual([])
})
