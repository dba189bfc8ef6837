// The rule that hides what is like the selected ones. Hidden is not closed: whoever wants both says so here.
import Checkbox from '@cloudscape-design/components/checkbox'
import Modal from '@cloudscape-design/components/modal'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { api, told, type Schemas } from '../../api/client'
import { asProblem } from '../../api/read'
import type { Detection, DetectionFilter } from '../../api/names'
import { useTell } from '../../shell/Messages'
import { useDenied } from '../../state/me'
import { Loading } from '../../ui/Panel'
import { digits } from '../../ui/number'
import { ruleOf } from './similar'
import type { Triage, Unchanged } from './triage'

// What few open is loaded when they do.
const RuleForm = lazy(() => import('../../tuning/RuleForm').then((m) => ({ default: m.RuleForm })))

const most = 1000 // that are closed along with a rule: what one answer of a search holds

interface Props {
  all: readonly Detection[]
  triage: Triage
  close: (made: boolean) => void
  left: (unchanged: Unchanged[]) => void // of those that were to be closed, once that is done
}

export function Hide({ all, triage, close, left }: Props): ReactNode {
  const [closing, setClosing] = useState(false)
  const denied = useDenied('bulkDetections')
  const tell = useTell()
  const done = async (saved?: Schemas['TuningRuleItem']) => {
    close(saved !== undefined)
    if (!saved?.rule.enabled || !closing) return
    try {
      const { items, next } = await matching(saved.rule.match)
      if (items.length > 0) left(await triage.many(items, { status: 'closed' }))
      if (next) tell({ type: 'info', text: `The rule matches more than ${digits(most)} that are not closed: the latest ${digits(most)} were to be closed, the others stay as they are.` })
    } catch (e) {
      tell({ type: 'error', text: `The rule is made, but not all that it matches is closed: ${asProblem(e).message}` })
    }
  }
  return (
    <Modal visible size="large" header="Hide detections like these" closeAriaLabel="Close" onDismiss={() => close(false)}>
      <Suspense fallback={<Loading lines={6} />}>
        <RuleForm
          start={ruleOf(all)}
          draft="list"
          onDone={(saved) => void done(saved)}
          also={
            <Checkbox
              checked={closing}
              disabled={denied !== undefined}
              onChange={(e) => setClosing(e.detail.checked)}
              description={denied ?? 'Those that there are, once the rule is made and on. Without it they are hidden, and stay as they are: open ones show as open again when the rule ends.'}
            >
              Close the matching ones too
            </Checkbox>
          }
        />
      </Suspense>
    </Modal>
  )
}

const unclosed = ['open', 'acknowledged', 'in_progress'] as const

// All that a rule matches and nobody has closed, whether it is hidden by now or not. A rule may itself be of some statuses only.
async function matching(match: DetectionFilter): Promise<{ items: Detection[]; next?: string }> {
  const statuses = unclosed.filter((s) => !match.statuses?.length || match.statuses.includes(s))
  if (statuses.length === 0) return { items: [] }
  return told(api.POST('/v1/detections/search', { body: { filter: { ...match, statuses, hidden: 'include' }, sort: '-start', limit: most } }))
}
