// The licences of what the console is made with: whoever is given the console is given them too. They are read when it is built, from the
// packages themselves, so that none is forgotten and none is of another release.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/** A package that is part of the console. Texts are numbers of the texts that all share. */
export interface Notice {
  name: string
  version: string
  licence: string
  texts: number[]
}

export interface Notices {
  packages: Notice[]
  texts: string[]
}

interface Locked {
  version?: string
  license?: string
  dev?: boolean
}

const named = /^(licen[cs]e|notice|copying|third[-_]party[-_]licenses)/i

/** Gives the packages that package-lock.json has for more than development, by name, and each of their texts once. Packages of types alone are no part of what is built. */
export function notices(web: string): Notices {
  const lock = JSON.parse(readFileSync(join(web, 'package-lock.json'), 'utf8')) as { packages: Record<string, Locked> }
  const texts: string[] = []
  const packages = Object.entries(lock.packages).filter(([path, p]) => path !== '' && !p.dev && !path.includes('node_modules/@types/')).map(([path, p]) => {
    const folder = join(web, path)
    const own = readdirSync(folder).filter((f) => named.test(f)).sort().map((f) => readFileSync(join(folder, f), 'utf8').trim())
    return { name: path.slice(path.lastIndexOf('node_modules/') + 13), version: p.version ?? '', licence: p.license ?? 'not said', texts: own.map((t) => numberOf(texts, t)) }
  })
  return { packages: packages.sort((a, b) => (a.name < b.name ? -1 : 1)), texts }
}

function numberOf(texts: string[], text: string): number {
  const at = texts.indexOf(text)
  return at >= 0 ? at : texts.push(text) - 1
}

const id = 'virtual:notices'

/** Lets `import { notices } from 'virtual:notices'` be what the packages say. */
export function noticesModule(web: string): Plugin {
  return {
    name: 'notices',
    resolveId: (asked) => (asked === id ? `\0${id}` : undefined),
    load: (asked) => (asked === `\0${id}` ? `export const notices = ${JSON.stringify(notices(web))}` : undefined),
  }
}
