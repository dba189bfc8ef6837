// A page of the console, as somebody sees it. Whatever no page may ever do fails the test in which it happened: an error in the console, a
// violation of the Content-Security-Policy, a request that leaves the origin, a dialog of the browser's own, a script out of a name.
import { chromium, type Browser, type BrowserContext, type Locator, type Page } from 'playwright-core'
import { afterAll, afterEach, expect, inject } from 'vitest'
import { Caller } from './caller'
import type { Role } from './people'

export const url = inject('url')

let running: Promise<Browser> | undefined
const patience = 60_000 // ms for which anything is waited for: what takes that long is broken, however busy the machine
const contexts = new Map<string, Promise<BrowserContext>>()
const pages: Page[] = []
const faults: string[] = []
const allowed: RegExp[] = []

/** The browser that all files share. */
export const browser = (): Promise<Browser> => (running ??= chromium.connect(inject('browser')))

afterEach(async () => {
  await Promise.all(pages.splice(0).map((p) => p.close()))
  const bad = faults.splice(0).filter((f) => !mayBeAbsent.test(f) && !allowed.some((a) => a.test(f)))
  allowed.length = 0
  expect(bad, 'what no page may ever do').toEqual([])
})

afterAll(async () => {
  for (const c of contexts.values()) await (await c).close()
  contexts.clear()
  if (running) await (await running).close()
})

/** Lets this test see faults that it makes itself: a server that is stopped is an error in the browser's console. */
export function allow(...what: RegExp[]): void {
  allowed.push(...what)
}

/** Who is not in is told so, and the browser writes that down. */
export const notIn = /401 \(Unauthorized\) \(\S+\/v1\/(me|session)\)/

// Whether there is a device of an address, packets of a detection, or a past to compare with, is asked by reading it; the browser writes down that there is none.
const mayBeAbsent = /404 \(Not Found\) \(\S+\/v1\/(devices\/[^/]+|detections\/[0-9a-f]{32}\/(packets|comparison)\S*)\)/

/** What the browser writes when an answer is no good, or none comes. */
export const noAnswer = /Failed to load resource|net::ERR_/

interface Wanted {
  as?: Role | 'nobody'
  at?: string // another server
  cookie?: { name: string; value: string } // another session than the role's
  theme?: 'light' | 'dark'
  width?: number
  height?: number
}

/** Opens a page that outlives a test: several look at it, each at another place. Whoever opens it closes it. */
export async function visit(path: string, wanted: Wanted = {}): Promise<{ page: Page; close: () => Promise<void> }> {
  const page = await open(path, wanted)
  pages.splice(pages.indexOf(page), 1)
  return { page, close: () => page.close() }
}

/** Opens a page of the console. One context a role is kept: what it has loaded once is there. */
export async function open(path: string, wanted: Wanted = {}): Promise<Page> {
  const { as = 'analyst', at = url, cookie, width = 1440, height = 900, theme } = wanted
  const own = cookie?.value ?? ''
  const key = `${as} ${at} ${own}`
  let context = contexts.get(key)
  if (!context) contexts.set(key, (context = enter(as, at, cookie)))
  const page = await (await context).newPage()
  keep(page, at)
  if (as === 'nobody') allow(notIn)
  await page.setViewportSize({ width, height })
  if (theme) await page.emulateMedia({ colorScheme: theme })
  await page.goto(new URL(path, at).href)
  return page
}

/** Watches over a page, and closes it after the test. */
export function keep(page: Page, at: string): void {
  pages.push(page)
  page.setDefaultTimeout(patience)
  watch(page, at)
}

/** Goes to another place of the console without loading it anew, as its links do. */
export const go = (page: Page, path: string): Promise<void> => page.evaluate((to) => history.pushState(null, '', to), path)

/** A context that nobody else uses: for tests that end a session or slow the machine. */
export async function enter(as: Role | 'nobody', at: string, cookie?: { name: string; value: string }): Promise<BrowserContext> {
  const context = await (await browser()).newContext({ viewport: { width: 1440, height: 900 }, timezoneId: 'Europe/Berlin', locale: 'en-GB', reducedMotion: 'reduce', acceptDownloads: true })
  const session = cookie ?? (as === 'nobody' ? undefined : inject('people')[as].cookie)
  if (session) await context.addCookies([{ ...session, url: at }])
  await context.exposeFunction('__mirrorwatchFault', (what: string) => void faults.push(what))
  await context.addInitScript(() => {
    const tell = (window as unknown as { __mirrorwatchFault: (what: string) => void }).__mirrorwatchFault
    document.addEventListener('securitypolicyviolation', (e) => tell(`policy: ${e.violatedDirective} of ${e.blockedURI || e.sourceFile}: ${e.sample}`))
    Object.defineProperty(window, '__mirrorwatchRan', { set: (by: unknown) => tell(`a script out of a name ran: ${String(by)}`), configurable: false })
  })
  return context
}

// watch writes down what a page does that it may not.
function watch(page: Page, at: string): void {
  page.on('console', (m) => {
    if (m.type() === 'error') faults.push(`console: ${m.text()} (${m.location().url})`)
  })
  page.on('pageerror', (e) => faults.push(`error: ${e.stack ?? e.message}`))
  page.on('dialog', (d) => {
    faults.push(`dialog: ${d.type()} ${d.message()}`)
    void d.dismiss()
  })
  page.on('request', (r) => {
    const to = new URL(r.url())
    if (!['data:', 'blob:'].includes(to.protocol) && to.origin !== new URL(at).origin) faults.push(`request to ${to.origin}`)
  })
}

/** Waits until a page has said all that it has to say: nothing loads any more. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor()
  await page.waitForFunction(() => !document.querySelector('.mw-loading, .mw-card-later, [aria-busy="true"], [class*="awsui_spinner"]') && !document.getAnimations().some((a) => a.playState === 'running' && a.effect?.getTiming().iterations !== Infinity))
}

/** Somebody at the API. */
export const asking = (as: Role, at = url): Promise<Caller> => Caller.with(at, inject('people')[as].cookie)

/** Signs in by the form that is shown. */
export async function signIn(page: Page | Locator, name: string | undefined, password: string): Promise<void> {
  if (name !== undefined) await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Asks test/console to stop or start the server, or for one with a crowd of detections. */
export async function control(what: 'stop' | 'start' | 'crowd'): Promise<{ url: string; password: string }> {
  const answer = await fetch(`${inject('control')}/${what}`, { method: 'POST' })
  if (!answer.ok) throw new Error(`${what}: ${await answer.text()}`)
  return (await answer.json()) as { url: string; password: string }
}

/** Before a server of one's own nobody may stop it. */
export const uncontrolled = inject('control') === ''
