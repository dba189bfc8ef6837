import { describe, expect, test } from 'vitest'
import { actionName, added, heldBack, matching, objectName, railName, sentence, sums, type MirrorPlan, type Step } from './words'

const none = { places: 0, steps: 0, held: 0, left_out: 0, rogues: 0, warnings: 0 }
const plan = (more: Partial<MirrorPlan>): MirrorPlan => ({
  at: '2026-11-26T16:00:00Z', kind: 'sweep', holder: 'test', seconds: 1, places: [], steps: [], held: [], left_out: [], rogues: [], warnings: [],
  estimate: { sessions: 0, sessions_after: 0, monthly_usd: 0, monthly_usd_after: 0 }, counts: { steps: [], held: [] }, rest: none, ...more,
})
const step = (more: Partial<Step>): Step => ({ does: 'create', action: 'create_session', account: '1', region: 'r', reason: 'wanted', monthly_usd: 0, ...more })

describe('the sentence', () => {
  const steps = [{ does: 'create' as const, action: 'create_session', outcome: 'done' as const, count: 1200 }, { does: 'create' as const, action: 'create_filter', outcome: 'failed' as const, count: 1 }, { does: 'delete' as const, action: 'delete_session', outcome: 'left' as const, count: 2 }]
  test('counts what is not told, too', () => {
    expect(sentence(plan({ counts: { steps, held: [] } }))).toBe('1,201 to create, 0 to modify, 2 to delete: 1,200 done, 1 failed, 2 left for the next pass.')
  })
  test('of a look says nothing of outcomes', () => {
    expect(sentence(plan({ kind: 'look', counts: { steps: [{ does: 'modify', action: 'tag', count: 3 }], held: [] } }))).toBe('0 to create, 3 to modify, 0 to delete.')
    expect(sentence(plan({ kind: 'look' }))).toBe('Nothing is to be done.')
    expect(sentence(plan({}))).toBe('Nothing was to be done.')
  })
  test('takes actions that are not told apart into the total', () => {
    expect(sums(plan({ counts: { steps: [{ action: 'others', count: 7 }], held: [] } }))).toMatchObject({ total: 7, create: 0 })
  })
})

test('what is held back is summed up by its rail, in words', () => {
  const held = [{ does: 'delete' as const, action: 'delete_session', rail: 'deletes', count: 2 }, { does: 'delete' as const, action: 'delete_filter', rail: 'failed', count: 1 }, { does: 'delete' as const, action: 'untag', rail: 'failed', count: 1 }]
  expect(heldBack(plan({ counts: { steps: [], held } }))).toEqual(['2 steps are held back: they are more deletions than one pass may make.', '2 steps are held back: their place was not seen whole.'])
  expect([railName('constructor'), railName('frozen')]).toEqual(['constructor', 'the policy is frozen'])
})

test('actions, objects and money read as words', () => {
  expect([actionName('create_session'), actionName('release_vni')]).toEqual(['Create session', 'Release VNI'])
  expect([objectName('arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/sensors/dd'), objectName('tms-1')]).toEqual(['targetgroup/sensors/dd', 'tms-1'])
  expect([added(10.95), added(-1234.5), added(0.001)]).toEqual(['+10.95 USD', '−1,234.50 USD', ''])
})

test('steps are narrowed by action and outcome', () => {
  const list = [step({ outcome: 'done' }), step({ outcome: 'failed' }), step({ action: 'tag', outcome: 'failed' })]
  expect(matching(list, { action: '', outcome: 'failed' })).toHaveLength(2)
  expect(matching(list, { action: 'tag', outcome: 'failed' })).toEqual([list[2]])
  expect(matching(list, { action: '', outcome: '' })).toHaveLength(3)
})
