import createWrapper from '@cloudscape-design/components/test-utils/dom'
import { act, fireEvent, screen, waitFor } from '@testing-library/react'
import { Fragment, useState, type ReactNode } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { TuningRule } from '../api/names'
import { WhoIsIn } from '../state/me'
import { answering, problem, shown, somebody, type Request } from '../testing/answers'
import { Messages, Said } from '../shell/Messages'
import { RuleForm } from './RuleForm'
import { RuleModal } from './RuleModal'

const start: TuningRule = { name: 'Scanner', enabled: true, match: { types: ['recon.port_scan'], offender: { addresses: ['10.20.9.9'] } } }
const item = { id: 'r1', revision: 4, created: '2026-03-01T00:00:00Z', modified: '2026-03-02T03:04:05Z', active: true, rule: start }
const group = { key: 'recon.port_scan', label: 'Port scan', count: 12, open: 12, max_score: 45, latest: '2026-03-01T00:00:00Z', offenders: 1, victims: 1 }
const catalogue = { items: [], complete: true }

const routes = (total: number, all: number, hidden = 0) => ({
  'GET /v1/catalogue': () => catalogue,
  'POST /v1/tuning/preview': () => ({ total, by_type: total ? [{ ...group, count: total }] : [], items: [], complete: true }),
  'POST /v1/detections/search': (r: Request) => ({ items: [], complete: true, total: (r.body as { filter: { hidden?: string } }).filter.hidden === 'only' ? hidden : all }),
})

const disabled = (text: string) => createWrapper().findAllButtons().find((b) => b.getElement().textContent?.startsWith(text))?.isDisabled()

beforeEach(() => sessionStorage.clear())
afterEach(() => vi.unstubAllGlobals())

test('says what it would hide, of how many', async () => {
  const seen = answering(routes(12, 57, 3))
  const { container } = shown(<RuleForm start={start} onDone={() => {}} />)
  await waitFor(() => expect(container.textContent).toContain('Would hide 12 of the 57 detections of the last 30 days'), { timeout: 4000 })
  expect(container.textContent).toContain('3 more that it matches are hidden already')
  const asked = seen.find((r) => r.path === '/v1/tuning/preview')?.body as { match: { from?: string; offender: unknown } }
  expect(asked.match.offender).toEqual({ addresses: ['10.20.9.9'] })
  expect(Date.parse(asked.match.from ?? '')).toBeLessThan(Date.now() - 29 * 86_400_000)
})

test('a rule that hides everything, or nothing, is warned of', async () => {
  answering(routes(57, 57))
  const one = shown(<RuleForm start={start} onDone={() => {}} />)
  await screen.findByText('This hides everything', {}, { timeout: 4000 })
  one.unmount()
  answering(routes(0, 57))
  shown(<RuleForm start={start} onDone={() => {}} />)
  await screen.findByText('Nothing like that has been seen', {}, { timeout: 4000 })
})

test('an empty rule cannot be made, and nothing is asked about it', async () => {
  const seen = answering(routes(57, 57))
  shown(<RuleForm start={{ ...start, match: {} }} onDone={() => {}} />)
  await act(() => new Promise((r) => setTimeout(r, 600)))
  expect(seen.map((r) => r.path)).not.toContain('/v1/tuning/preview')
  expect(disabled('Make the rule')).toBe(true)
})

test('whoever may not make rules is told so', () => {
  answering(routes(1, 2))
  shown(<RuleForm start={start} onDone={() => {}} />, { me: somebody('viewer', []) })
  expect(disabled('Make the rule')).toBe(true)
  expect(screen.getAllByText(/Your role is viewer, which may not do this/).length).toBeGreaterThan(0)
})

test('what was typed is there again after a reload, and gone once it is saved', async () => {
  const seen = answering({ ...routes(1, 9), 'POST /v1/tuning/rules': (r) => ({ ...item, rule: r.body }) })
  const one = shown(<RuleForm start={start} onDone={() => {}} />)
  createWrapper().findAllInputs()[0]?.setInputValue('Scanner of team red')
  one.unmount()
  const done = vi.fn()
  shown(<RuleForm start={start} onDone={done} />)
  expect(screen.getByText('This is what you were writing before.')).toBeTruthy()
  fireEvent.click(screen.getByRole('button', { name: 'Make the rule' }))
  await waitFor(() => expect(done).toHaveBeenCalled())
  expect(seen.find((r) => r.method === 'POST' && r.path === '/v1/tuning/rules')?.body).toMatchObject({ name: 'Scanner of team red', match: start.match })
  expect(sessionStorage.length).toBe(0)
})

test('who was slower sees what is there, keeps what was typed, and may save it all the same', async () => {
  const theirs = { ...item, revision: 5, rule: { ...start, name: 'Scanner of Mona' } }
  const matches: (string | null)[] = []
  answering({
    ...routes(1, 9),
    'GET /v1/tuning/rules/r1': () => theirs,
    'PUT /v1/tuning/rules/r1': (r) => {
      matches.push(r.headers.get('If-Match'))
      return matches.length === 1 ? problem(412, 'somebody else changed it') : { ...theirs, revision: 6, rule: r.body }
    },
  })
  const done = vi.fn()
  shown(<RuleForm start={start} of={item} onDone={done} />)
  createWrapper().findAllInputs()[0]?.setInputValue('Mine')
  fireEvent.click(screen.getByRole('button', { name: 'Save the rule' }))
  await screen.findByText('Scanner of Mona')
  expect(createWrapper().findAllInputs()[0]?.getInputValue()).toBe('Mine')
  fireEvent.click(screen.getByRole('button', { name: 'Save mine over it' }))
  await waitFor(() => expect(done).toHaveBeenCalled())
  expect(matches).toEqual(['"4"', '"5"'])
})

test('what the API refuses is told at the field', async () => {
  answering({ ...routes(1, 9), 'POST /v1/tuning/rules': () => problem(400, 'no', [{ field: 'match.offender.addresses', value: '10.0.0.0/33', allowed: 'an address or a network in CIDR form' }]) })
  shown(<RuleForm start={start} onDone={() => {}} />)
  fireEvent.click(screen.getByRole('button', { name: 'Make the rule' }))
  expect((await screen.findAllByText(/10.0.0.0\/33.*allowed is an address or a network/)).length).toBeGreaterThan(0)
})

function Page({ draft, at }: { draft: string; at: string }): ReactNode {
  const [open, setOpen] = useState(false)
  return (
    <Messages>
      <Said />
      <button onClick={() => setOpen(true)}>open {at}</button>
      {open && <RuleModal start={{ ...start, name: at }} draft={draft} onDone={() => setOpen(false)} />}
    </Messages>
  )
}

test('closing the dialog keeps what was typed and says so; it shows at the same detection only, and Cancel gives it up', async () => {
  answering(routes(1, 9))
  shown(<><Page draft="detection.one" at="One" /><Page draft="detection.two" at="Two" /></>)
  const name = () => createWrapper().findModal()?.findContent().findAllInputs()[0]
  const open = (at: string) => fireEvent.click(screen.getByText(`open ${at}`))
  const close = () => createWrapper().findModal()?.findDismissButton().click()
  const kept = () => screen.queryAllByText(/^What you typed is kept until you close this tab/).length > 0
  open('One')
  close()
  expect(kept()).toBe(false) // nothing was typed
  open('One')
  name()?.setInputValue('Mine')
  close()
  expect(kept()).toBe(true)
  open('Two')
  expect(name()?.getInputValue()).toBe('Two')
  expect(screen.queryByText('This is what you were writing before.')).toBeNull()
  close()
  open('One')
  expect(name()?.getInputValue()).toBe('Mine')
  expect(screen.getByText('This is what you were writing before.')).toBeTruthy()
  fireEvent.click(screen.getByRole('button', { name: 'Cancel' }))
  open('One')
  expect(name()?.getInputValue()).toBe('One')
}, 20_000)

test('what was typed before somebody else changed the rule is not saved over theirs unseen', async () => {
  const theirs = { ...item, revision: 9, rule: { ...start, name: 'Scanner of Mona' } }
  const matches: (string | null)[] = []
  answering({
    ...routes(1, 9), 'GET /v1/tuning/rules/r1': () => theirs,
    'PUT /v1/tuning/rules/r1': (r) => {
      matches.push(r.headers.get('If-Match'))
      return matches.length === 1 ? problem(412, 'somebody else changed it') : { ...theirs, revision: 10, rule: r.body }
    },
  })
  const first = shown(<RuleForm start={start} of={item} onDone={() => {}} />)
  createWrapper().findAllInputs()[0]?.setInputValue('Mine')
  first.unmount()
  const done = vi.fn()
  shown(<RuleForm start={theirs.rule} of={theirs} onDone={done} />)
  fireEvent.click(screen.getByRole('button', { name: 'Save the rule' }))
  await screen.findByText('Scanner of Mona')
  fireEvent.click(screen.getByRole('button', { name: 'Take theirs' }))
  expect(createWrapper().findAllInputs()[0]?.getInputValue()).toBe('Scanner of Mona')
  createWrapper().findAllInputs()[0]?.setInputValue('Ours')
  fireEvent.click(screen.getByRole('button', { name: 'Save the rule' }))
  await waitFor(() => expect(done).toHaveBeenCalled())
  expect(matches).toEqual(['"4"', '"9"'])
}, 20_000)

test('that something is kept is told to nobody else', () => {
  answering(routes(1, 9))
  const of = (name: string) => ({ ...somebody(), name })
  const page = (name: string) => <Messages><Said /><WhoIsIn me={of(name)}><Fragment key={name}>{name === 'ada' && <RuleForm start={start} onDone={() => {}} />}</Fragment></WhoIsIn></Messages>
  const Switch = () => {
    const [name, set] = useState('ada')
    return <>{page(name)}<button onClick={() => set('otto')}>otto</button></>
  }
  shown(<Switch />)
  createWrapper().findAllInputs()[0]?.setInputValue('Mine')
  fireEvent.click(screen.getByText('otto'))
  expect(createWrapper().findAllInputs()).toHaveLength(0)
  expect(screen.queryByText(/^What you typed is kept/)).toBeNull()
})
