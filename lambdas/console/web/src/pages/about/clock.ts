// Whether this browser's clock and the server's agree: spans such as "the last hour" are counted by the browser's.
import { api, told, type Schemas } from '../../api/client'

type Status = Schemas['Status']

/** Status with how far the server's clock is ahead of this browser's, in ms, and how far that may be wrong: half the time that asking took. */
export interface Timed extends Status {
  ahead: number
  unsure: number
}

/** Asks how the system fares, and looks at the clock before and after. */
export async function asked(signal: AbortSignal): Promise<Timed> {
  const before = Date.now()
  const status = await told(api.GET('/v1/status', { signal }))
  return timed(status, before, Date.now())
}

export function timed(status: Status, before: number, after: number): Timed {
  return { ...status, ahead: Date.parse(status.time) - (before + after) / 2, unsure: (after - before) / 2 }
}

/** A clock may be off by as much, in ms, before it is said: less changes nothing of what is shown. */
const most = 30_000

export const isOff = (t: Timed): boolean => Math.abs(t.ahead) - t.unsure > most
