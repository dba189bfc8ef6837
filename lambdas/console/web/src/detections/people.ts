// Those whom a detection can be assigned to, or whom it may be assigned to already.
import { useMemo } from 'react'
import { api, told } from '../api/client'
import { useRead } from '../api/read'
import { useDenied } from '../state/me'
import { useValues } from './values'

const most = 2000 // users that are asked for: a menu of more helps nobody

/** Gives names to offer, from `when` on: the users who can sign in, where one may list them; else those who have detections. */
export function usePeople(when: boolean): string[] {
  const mayList = useDenied('listUsers') === undefined
  const users = useRead(['users', 'names'], activeUsers, { when: when && mayList, patience: 60_000 })
  const rest = when && (!mayList || users.state === 'failed') // in AWS the user pool has the users, and the API none
  const having = useValues(rest ? 'assignee' : undefined)
  return useMemo(() => users.data ?? having.data?.items.map((g) => g.key).filter(Boolean) ?? [], [users.data, having.data])
}

async function activeUsers(signal: AbortSignal): Promise<string[]> {
  const out: string[] = []
  let cursor: string | undefined
  do {
    const page = await told(api.GET('/v1/users', { signal, params: { query: { limit: 1000, cursor } } }))
    out.push(...page.items.filter((u) => !u.disabled).map((u) => u.name))
    cursor = page.next
  } while (cursor && out.length < most)
  return out.sort((a, b) => a.localeCompare(b, 'en'))
}
