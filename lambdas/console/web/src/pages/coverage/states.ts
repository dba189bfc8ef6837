// The states of coverage in words, and what the mirror loop does about each. docs/mirror.md has the same table.
import type { StatusIndicatorProps } from '@cloudscape-design/components/status-indicator'
import type { Schemas } from '../../api/client'

export type State = Schemas['CoverageState']

export interface StateWords {
  name: string
  sign: StatusIndicatorProps.Type
  means: string
  loop: string // what the loop does about it in its next pass, without a plan being made
  wanted: boolean // counts among those that should be watched
}

/** Every state, those that somebody should look at first. */
export const states: Readonly<Record<State, StateWords>> = {
  error: { name: 'Error', sign: 'error', wanted: true, means: 'AWS refused, or the policy makes no sense here.', loop: 'tries again in each pass; what refuses has to be mended first' },
  silent: { name: 'Silent', sign: 'warning', wanted: true, means: 'There is a session, and no packet of it reaches a sensor.', loop: 'leaves the session as it is: the way to the sensors has to be mended' },
  shadowed: { name: 'Shadowed', sign: 'warning', wanted: true, means: 'A session of somebody else has a lower number and takes its packets first.', loop: 'leaves the other session alone; a lower session_number in the policy would win' },
  slots_full: { name: 'Slots full', sign: 'warning', wanted: true, means: 'Three sessions of others are on it, and AWS allows no more.', loop: 'waits until one of the three is gone' },
  quota: { name: 'Quota', sign: 'warning', wanted: true, means: 'The sessions of the account are used up but for the reserve.', loop: 'waits until sessions are free; those of higher priority come first' },
  budget: { name: 'Budget', sign: 'warning', wanted: true, means: 'The budget of the policy does not suffice: others came first.', loop: 'waits until the budget suffices' },
  unsupported_type: { name: 'Type not supported', sign: 'warning', wanted: true, means: 'Instances of this type cannot be mirrored.', loop: 'asks AWS again when what it answered is old (limits.retry_verdict)' },
  unsupported_interface: { name: 'Interface not supported', sign: 'info', wanted: true, means: 'AWS mirrors no such interface.', loop: 'does nothing: AWS cannot' },
  pending: { name: 'Pending', sign: 'pending', wanted: true, means: 'Its session is being made, or the instance is starting.', loop: 'makes its session, or waits until it shows' },
  stopped: { name: 'Stopped', sign: 'stopped', wanted: false, means: 'The instance is stopped, or the interface is attached to nothing.', loop: 'makes its session when it starts' },
  excluded: { name: 'Excluded', sign: 'stopped', wanted: false, means: 'Policy or tag says so.', loop: 'makes no session, and takes away one that it has' },
  mirrored: { name: 'Mirrored', sign: 'success', wanted: true, means: 'A session sends its packets.', loop: 'keeps its session as the policy says' },
}

const unknown: StateWords = { name: 'Not known', sign: 'info', means: 'This console does not know the state.', loop: 'is not known here', wanted: true }

/** The words of a state; a newer server may have one that is not known here. */
export const stateOf = (s: string): StateWords => (Object.hasOwn(states, s) ? states[s as State] : { ...unknown, name: s })

export const allStates = Object.keys(states) as State[]

export const isState = (s: string): s is State => Object.hasOwn(states, s)

/** Counts of states, those that somebody should look at first. */
export const sortedStates = (counts: Readonly<Record<string, number>>): [string, number][] =>
  Object.entries(counts).filter(([, n]) => n > 0).sort(([a], [b]) => rank(a) - rank(b))

const rank = (s: string) => (isState(s) ? allStates.indexOf(s) : -1)
