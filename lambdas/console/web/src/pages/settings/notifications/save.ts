import { useState } from 'react'
import { api, told } from '../../../api/client'
import { useChange, type Change } from '../../../api/change'
import type { Draft } from '../../../state/draft'
import { visible } from '../../../ui/Wire'
import type { Rule, RuleItem } from './channel'

interface Saving extends Change<Rule> {
  faster?: string // somebody else saved meanwhile: what that means
}

const put = (id: string, revision: number, body: Rule) =>
  told(api.PUT('/v1/notifications/rules/{id}', { params: { path: { id }, header: { 'If-Match': `"${revision}"` } }, body: { ...body, created_by: undefined } }))

/** Makes a rule, or changes the one that is given. Who was slower is told so, and the next try puts theirs in its place. */
export function useSaveNotification(of: RuleItem | undefined, { rests, restOn }: Pick<Draft<unknown>, 'rests' | 'restOn'>, done: () => void): Saving {
  const [faster, setFaster] = useState<string>()
  const change = useChange((r: Rule) => (of ? put(of.id, rests, r) : told(api.POST('/v1/notifications/rules', { body: { ...r, created_by: undefined } }))), {
    touches: ['notification-rules'], done,
    says: (saved) => ({ text: `“${visible(saved.rule.name, 100)}” is saved. Send a test to see whether it arrives.` }),
    failed: (p) => {
      if (of && p.status === 412) {
        void told(api.GET('/v1/notifications/rules/{id}', { params: { path: { id: of.id } } })).then((now) => {
          restOn(now.revision)
          setFaster(`Somebody changed this rule meanwhile; now it is called “${visible(now.rule.name, 80)}” and is ${now.rule.enabled ? 'on' : 'off'}. What you typed is still here: saving again puts it in the place of theirs.`)
        }, () => setFaster(undefined))
      }
      return true
    },
  })
  return { ...change, problem: change.problem?.status === 412 && faster ? undefined : change.problem, faster }
}

/** Turns a rule on or off, and nothing else: secrets that are not sent stay. */
export const turned = (of: RuleItem): Promise<RuleItem> => put(of.id, of.revision, { ...of.rule, enabled: !of.rule.enabled })
