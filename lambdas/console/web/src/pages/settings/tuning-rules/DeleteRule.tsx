import type { ReactNode } from 'react'
import { api, told } from '../../../api/client'
import { useChange } from '../../../api/change'
import { changedText } from '../../../tuning/applied'
import type { RuleItem } from '../../../tuning/RuleForm'
import { touched } from '../../../tuning/save'
import { Confirm } from '../../../ui/Confirm'
import { Wire, visible } from '../../../ui/Wire'
import { counted } from '../../../ui/number'
import { ended, useHidden } from './columns'

/** Asks before a rule goes, with what will show again. */
export function DeleteRule({ of: r, close }: { of: RuleItem; close: () => void }): ReactNode {
  const { count, failed } = useHidden(r)
  const remove = useChange(() => told(api.DELETE('/v1/tuning/rules/{id}', { params: { path: { id: r.id }, header: { 'If-Match': `"${r.revision}"` } } })), {
    touches: touched, done: close,
    says: (a) => ({
      text: <>“{visible(r.rule.name, 100)}” is deleted. {changedText(a)}</>,
      undo: ended(r) ? undefined : () => told(api.POST('/v1/tuning/rules', { body: { ...r.rule, created_by: undefined } })),
    }),
    failed: (p) => p.status !== 412,
  })
  return (
    <Confirm title={<>Delete the rule “<Wire length={80}>{r.rule.name}</Wire>”?</>} does="Delete the rule" busy={remove.busy} problem={remove.problem} run={() => remove.run(undefined)} close={close}>
      {count === undefined
        ? failed ? 'What it hides shows again; how much that is could not be counted.' : 'What it hides shows again; that is being counted.'
        : count === 0 ? 'It hides nothing that is stored.' : `${counted(count, 'detection')} that it hides ${count === 1 ? 'shows' : 'show'} again, but for those that another rule hides too.`}
    </Confirm>
  )
}
