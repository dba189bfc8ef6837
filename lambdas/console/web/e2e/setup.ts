// What all files share: one browser, and people who have signed in.
import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'
import { people, type People } from './people'

declare module 'vitest' {
  export interface ProvidedContext {
    url: string
    browser: string // where the browser listens
    people: People
    control: string // of test/console; empty before a server of one's own
  }
}

/** Starts the browser, and lets the people in. What it gives ends both. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { MIRRORWATCH_URL: url, MIRRORWATCH_NAME: name = 'admin', MIRRORWATCH_PASSWORD: password } = process.env
  if (!url || !password) {
    throw new Error('MIRRORWATCH_URL and MIRRORWATCH_PASSWORD say which server to look at, and the password of admin (or of MIRRORWATCH_NAME): go test ./test/console sets them')
  }
  const browser = await chromium.launchServer({
    executablePath: process.env.MIRRORWATCH_CHROMIUM || '/usr/bin/chromium',
    args: ['--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none', '--hide-scrollbars', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  })
  project.provide('url', url)
  project.provide('browser', browser.wsEndpoint())
  project.provide('control', process.env.MIRRORWATCH_CONTROL ?? '')
  try {
    project.provide('people', await people(url, { name, password }))
  } catch (e) {
    await browser.close()
    throw e
  }
  return () => browser.close()
}
