// Names that harm whoever shows them carelessly (test/record/hostile, and what test/furnish puts into the store). Everything that shows one shows it
// inert, visible and within its place. That no script ran and no policy was violated is watched over for every page, in browser.ts.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asking, browser, go, settled, visit } from './browser'
import { everything } from './careless'

const api = await asking('analyst')
const guest = '10.20.1.99' // who plays the hostile capture, with one from outside
const party = [guest, '203.0.113.199', '10.20.9.8']
const stored = 'badc0ffee0ddf00dbadc0ffee0ddf00d' // the detection whose every text hurts

const hurting = (await api.well(api.api.GET('/v1/detections', { params: { query: { participant: party, sort: '-score', limit: 50 } } }))).items

let page: Page
let close: () => Promise<void>

beforeAll(async () => {
  ;({ page, close } = await visit('/settings/about'))
  await settled(page)
})
afterAll(() => close())

/** Looks at all that a place shows. The heading tells that it is there. */
async function look(path: string, heading: RegExp, least: number, before?: () => Promise<void>): Promise<void> {
  await go(page, path)
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
  await settled(page)
  await before?.()
  await expect.poll(() => page.evaluate(everything).then((s) => s.shown), { message: `hostile names at ${path}` }).toBeGreaterThanOrEqual(least)
  expect((await page.evaluate(everything)).faults, path).toEqual([])
}

test('detections', async () => {
  expect(hurting.length).toBeGreaterThan(12)
  for (const d of hurting) {
    await look(`/detections/${d.id}`, /./, 0, async () => {
      await page.getByRole('main').getByText(d.id).first().waitFor()
      await settled(page)
    })
  }
  await look(`/detections/${stored}`, /onerror/, 10)
})

test('lists of detections', async () => {
  const of = `participant.address=${party.join(',')}`
  await look(`/detections?${of}`, /^Detections/, 3)
  await look(`/detections?${of}&view=table`, /^Detections/, 3)
  for (const by of ['type', 'offender', 'victim', 'vpc']) await look(`/detections?${of}&group=${by}`, /^Detections/, 0)
  await look('/attack', /ATT&CK/, 0)
})

test('incidents', async () => {
  await look('/incidents', /^Incidents/, 1)
  const incident = (await api.well(api.api.GET('/v1/detections/{id}', { params: { path: { id: stored } } }))).context?.incident
  await look(`/incidents/${encodeURIComponent(incident ?? '')}`, /./, 1)
})

const kinds = ['dns', 'http', 'ssl', 'x509', 'ssh', 'smb_files', 'smb_mapping', 'ntlm', 'kerberos', 'ldap', 'ldap_search', 'ftp', 'smtp', 'dhcp', 'snmp', 'sip', 'syslog', 'redis', 'login']

test.each(kinds)('records of %s, each field of the newest', async (kind) => {
  await look(`/records?kind=${kind}`, /^Records/, 2, async () => {
    const rows = page.getByRole('button', { name: new RegExp(`^Every field of the ${kind} record`) })
    await rows.first().waitFor()
    for (const i of [0, 2, 5]) if (i < (await rows.count())) await rows.nth(i).click()
  })
})

test('devices', async () => {
  await look(`/devices?address=${guest}`, /^Devices/, 0)
  const devices = await api.well(api.api.GET('/v1/devices', { params: { query: { address: [guest], limit: 5 } } }))
  expect(devices.items.length).toBeGreaterThan(0)
  for (const d of devices.items) await look(`/devices/${encodeURIComponent(d.id)}`, /./, 0)
})

test('the map', async () => {
  await look(`/activity-map?address=${guest}`, /^Activity map/, 0)
  await look('/activity-map?address=10.20.13.0/24', /^Activity map/, 0)
})

test('whoever looks sees what is wrong', async () => {
  const careless = await (await browser()).newPage()
  await careless.setContent(`<main><p>a\u202eb</p><p>from <b>مرحبا</b> to</p><img src=x alt="z\u200by"><a href="javascript:1">x</a><p style="width: 5000px">wide</p></main>`)
  const { faults } = await careless.evaluate(everything)
  await careless.close()
  expect(faults.map((f) => f.replace(/ (in|became|the|of|not|\d+).*/, ''))).toEqual(['markup', 'markup', 'an unseen character "\u202e"', 'text that runs', 'an unseen character "\u200b"', 'the page is', 'p. reaches'])
})
