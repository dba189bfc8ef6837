import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tacticName, tactics } from './tactics'
import { parentOf, tacticsOf, techniqueName, techniques, techniqueShort, techniqueURL } from './techniques'

const root = join(import.meta.dirname, '../../../../..')

// Whatever may put a technique into a detection or beside a call. What tests and generators make up is not ours to name.
const sources = ['shared/detect', 'shared/trail', 'shared/incident', 'lambdas/mirror'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.go') && !f.endsWith('_test.go'))
    .map((f) => ({ file: `${folder}/${f}`, text: readFileSync(join(root, folder, f), 'utf8') })),
)

const idsIn = (text: string, form: RegExp) => [...text.matchAll(form)].map((m) => m[1] ?? '')

describe('names', () => {
  test('every technique of the sources has one', () => {
    const used = new Map(sources.flatMap((s) => idsIn(s.text, /"(T\d{4}(?:\.\d{3})?)"/g).map((id) => [id, s.file])))
    expect(used.size).toBeGreaterThan(100) // else the pattern no longer finds them
    expect([...used].filter(([id]) => techniqueName(id) === id)).toEqual([])
  })

  test('every tactic of the sources has one', () => {
    const used = new Set(sources.flatMap((s) => idsIn(s.text, /"(TA\d{4})"/g)))
    expect(used.size).toBeGreaterThan(12)
    expect([...used].filter((id) => tacticName(id) === id)).toEqual([])
  })

  test('every technique stands under tactics that there are', () => {
    const ids = new Set(tactics.map((t) => t.id))
    for (const [id, t] of Object.entries(techniques)) {
      expect(t.tactics.length, id).toBeGreaterThan(0)
      expect(t.tactics.filter((x) => !ids.has(x)), id).toEqual([])
    }
  })

  test('what is not known is called by its id', () => {
    expect(techniqueName('T9999')).toBe('T9999')
    expect(techniqueName('constructor')).toBe('constructor')
    expect(tacticName('TA9999')).toBe('TA9999')
    expect(tacticsOf('T9999')).toEqual([])
  })
})

test('a sub-technique knows its parent and its own part of the name', () => {
  expect(parentOf('T1110.001')).toBe('T1110')
  expect(parentOf('T1046')).toBe('T1046')
  expect(techniqueShort('T1110.001')).toBe('Password Guessing')
  expect(techniqueShort('T1046')).toBe('Network Service Discovery')
})

test('only what has the form of an id leads to ATT&CK', () => {
  expect(techniqueURL('T1110.001')).toBe('https://attack.mitre.org/techniques/T1110/001/')
  expect(techniqueURL('T1046')).toBe('https://attack.mitre.org/techniques/T1046/')
  expect(techniqueURL('T1046/../../x')).toBeUndefined()
})
