import { describe, expect, test } from 'vitest'
import { csvOf, matching, percent, readFilter, steps, valuesOf, worstFirst, type Coverage } from './logic'
import { remedies } from './remedy'
import { allStates, sortedStates, stateOf } from './states'

const row = (more: Partial<Coverage>): Coverage => ({ interface: 'eni-1', state: 'mirrored', changed: '2026-11-26T00:00:00Z', ...more })
const share = (key: string, percentage: number, interfaces: number, wanted = interfaces) => ({ key, interfaces, wanted, mirrored: 0, percent: percentage, states: {} })

describe('rows', () => {
  const list = [
    row({ interface: 'eni-1', name: 'web-1', account: '1', vpc: 'vpc-1', tags: { env: 'prod' } }),
    row({ interface: 'eni-2', state: 'silent', account: '2', region: 'eu-central-1', reason: 'no packet came', addresses: ['10.0.0.7'] }),
    row({ interface: 'eni-3', state: 'error', account: '1', vni: 9001 }),
  ]
  const ids = (q: Record<string, string>) => matching(list, readFilter(q)).map((c) => c.interface)
  test('each filter narrows them', () => {
    expect(ids({})).toHaveLength(3)
    expect(ids({ state: 'silent,error,nonsense' })).toEqual(['eni-2', 'eni-3'])
    expect(ids({ account: '1', state: 'error' })).toEqual(['eni-3'])
    expect(ids({ vpc: 'vpc-1' })).toEqual(['eni-1'])
    expect(ids({ region: 'eu-central-1' })).toEqual(['eni-2'])
  })
  test('the text may be anywhere', () => {
    expect(ids({ text: 'WEB' })).toEqual(['eni-1'])
    expect(ids({ text: 'env=prod' })).toEqual(['eni-1'])
    expect(ids({ text: '10.0.0.7' })).toEqual(['eni-2'])
    expect(ids({ text: '9001' })).toEqual(['eni-3'])
    expect(ids({ text: 'no packet' })).toEqual(['eni-2'])
  })
  test('a filter offers what there is', () => {
    expect(valuesOf(list, (c) => c.account)).toEqual(['1', '2'])
  })
  test('the file has every word, and no formula', () => {
    expect(csvOf([row({ name: '=1+1', tags: { a: 'b,c' } })]).split('\r\n')[1]).toBe(`eni-1,'=1+1,mirrored,,,,,,,,,,,,,2026-11-26T00:00:00Z,,"a=b,c"`)
  })
})

describe('shares', () => {
  test('the least watched comes first, what nobody wants last', () => {
    expect(worstFirst([share('a', 100, 5), share('b', 2.6, 3), share('c', 100, 9), share('d', 100, 4, 0)]).map((s) => s.key)).toEqual(['b', 'c', 'a', 'd'])
  })
  test('percent are read as they are', () => {
    expect([percent(100), percent(2.6), percent(99.9)]).toEqual(['100 %', '2.6 %', '99.9 %'])
  })
})

describe('states', () => {
  test('every one has its words', () => {
    expect(allStates).toHaveLength(12)
    for (const s of allStates) expect(stateOf(s).means).toMatch(/\.$/)
  })
  test('one that is not known is called by its name', () => {
    expect(stateOf('melted').name).toBe('melted')
    expect(stateOf('constructor').name).toBe('constructor')
  })
  test('those that somebody should look at come first', () => {
    expect(sortedStates({ mirrored: 9, silent: 2, error: 1, pending: 0 }).map(([s]) => s)).toEqual(['error', 'silent', 'mirrored'])
    expect(steps({ mirrored: 9, silent: 2, pending: 1 }).map((s) => s.state)).toEqual(['pending', 'silent', 'mirrored'])
  })
})

describe('what can be copied', () => {
  const texts = (more: Partial<Coverage>) => remedies(row(more)).map((r) => r.text)
  test('a refused call gives a statement', () => {
    expect(texts({ state: 'error', fix: 'allow ec2:CreateTrafficMirrorSession to the role of account 444455556666' })[0]).toContain('"Action": "ec2:CreateTrafficMirrorSession"')
  })
  test('a tag gives a command', () => {
    expect(texts({ state: 'excluded', region: 'us-east-1', reason: 'the tag mirrorwatch=off of instance i-016082251444f571e says so' })[0])
      .toBe('aws ec2 create-tags --resources i-016082251444f571e --tags Key=mirrorwatch,Value=on --region us-east-1')
  })
  test('a hostile tag gives none', () => {
    expect(texts({ state: 'excluded', reason: 'the tag a;rm=off of instance i-1 says so' })).toEqual(['mirrorwatch mirror explain eni-1'])
    expect(texts({ state: 'stopped', instance: 'i-1; rm -rf /' })).toEqual(['mirrorwatch mirror explain eni-1'])
    expect(remedies(row({ interface: 'eni-1 && id' }))).toEqual([])
  })
  test('a stopped instance can be started', () => {
    expect(texts({ state: 'stopped', instance: 'i-0abc', region: 'eu-central-1' })[0]).toBe('aws ec2 start-instances --instance-ids i-0abc --region eu-central-1')
  })
  test('an observation point without an inventory has nothing to explain', () => {
    expect(remedies(row({ interface: 'vni-1001', state: 'silent' }))).toEqual([])
  })
})
