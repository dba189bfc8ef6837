// Walks through every page of the console as its users would. What comes in is the address of a server that has played the bundled
// captures, and its setup password; what goes out is a line for each step, and exit status 1 with what was wrong.
import * as administration from './administration.js'
import * as detection from './detection.js'
import * as detections from './detections.js'
import * as devices from './devices.js'
import { incidents } from './incidents.js'
import { notifications } from './notifications.js'
import * as records from './records.js'
import type { World } from './client.js'

const [base, setup] = [process.env['MIRRORWATCH_URL'], process.env['MIRRORWATCH_PASSWORD']]
if (!base || !setup) throw new Error('MIRRORWATCH_URL and MIRRORWATCH_PASSWORD say where to go')

const steps: [string, (w: World) => Promise<void>][] = [
  ['what each may', administration.rights],
  ['status, catalogue, document', administration.system],
  ['detections: bands and histogram', detections.bandsAndHistogram],
  ['detections: groups', detections.groups],
  ['detections: filters', detections.filters],
  ['detections: files', detections.files],
  ['detections: saved views', detections.views],
  ['detection: facts and terms', detection.facts],
  ['detection: context', detection.context],
  ['detection: related', detection.related],
  ['incidents', incidents],
  ['detection: activity map', detection.activityMap],
  ['detection: comparison', detection.comparison],
  ['detection: records', detection.records],
  ['detection: packets, with a key', w => administration.keys(w, reader => detection.packets(w, reader))],
  ['detection: two analysts', detection.triage],
  ['detection: tuning', detection.tuning],
  ['detections: many at once', detections.bulk],
  ['devices', devices.devices],
  ['device', devices.device],
  ['device: behaviour', devices.behaviour],
  ['records: fields', records.fields],
  ['records: search', records.search],
  ['records: top', records.top],
  ['records: files', records.files],
  ['records: mistakes', records.mistakes],
  ['activity map', devices.map],
  ['coverage', devices.coverage],
  ['mirrorPlan', devices.mirrorPlan],
  ['notifications', notifications],
  ['parameters', administration.parameters],
  ['sessions', administration.sessions],
  ['users', administration.users],
  ['audit log', administration.audit],
  ['leaving', administration.leave],
]

const world = await administration.arrive(base, setup)
let failed = 0
for (const [name, step] of steps) {
  const began = performance.now()
  try {
    await step(world)
    console.log(`ok    ${name} (${Math.round(performance.now() - began)} ms)`)
  } catch (problem) {
    failed++
    console.log(`WRONG ${name}: ${problem instanceof Error ? problem.stack : String(problem)}`)
  }
}
process.exitCode = failed > 0 ? 1 : 0
