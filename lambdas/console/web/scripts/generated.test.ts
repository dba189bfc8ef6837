import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import openapi, { astToString } from 'openapi-typescript'
import { expect, test } from 'vitest'
import { tokens } from './tokens.mjs'

const web = join(import.meta.dirname, '..')

test('the colours are those of the installed release', () => {
  expect(readFileSync(join(web, 'src/tokens.css'), 'utf8')).toBe(tokens())
})

test('the types are those of the OpenAPI document', async () => {
  const tree = await openapi(new URL(`file://${join(web, '../../api/openapi.yaml')}`), { defaultNonNullable: false, silent: true })
  expect(readFileSync(join(web, 'src/api/schema.d.ts'), 'utf8')).toContain(astToString(tree))
}, 30_000)
