// What can be done with the detections that are selected.
import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { asProblem } from '../../api/read'
import { useTell } from '../../shell/Messages'
import { May } from '../../ui/May'
import { counted } from '../../ui/number'
import { Wire } from '../../ui/Wire'
import { mostAtOnce, type Choice } from './choice'
import { Hide } from './Hide'
import type { Change, Triage, Unchanged } from './triage'

// What few open is loaded when they do.
const BulkForm = lazy(() => import('./BulkForm'))

interface Props {
  choice: Choice
  triage: Triage
  onHidden: () => void // a rule was made
}

export function BulkBar({ choice, triage, onHidden }: Props): ReactNode {
  const [busy, setBusy] = useState(false)
  const [open, setOpen] = useState<'triage' | 'hide'>()
  const [left, setLeft] = useState<Unchanged[]>([])
  const tell = useTell()
  const all = [...choice.items.values()]
  const many = all.length > mostAtOnce ? `At most ${mostAtOnce} are changed at once` : undefined
  const send = async (c: Change) => {
    setBusy(true)
    try {
      setLeft(await triage.many(all, c))
      choice.clear()
      setOpen(undefined)
    } catch (e) {
      tell({ type: 'error', text: `Nothing was changed: ${asProblem(e).message}` })
    }
    setBusy(false)
  }
  return (
    <>
      {all.length > 0 && (
        <div className="mw-bulk" role="region" aria-label="Selected detections">
          <b aria-live="polite">{counted(all.length, 'detection')} selected</b>
          <May
            op="bulkDetections"
            variant="primary"
            loading={busy}
            disabled={many !== undefined}
            disabledReason={many}
            onClick={() => void send({ status: 'acknowledged' })}
          >
            Acknowledge
          </May>
          <May op="bulkDetections" disabled={busy || many !== undefined} disabledReason={many} onClick={() => setOpen('triage')}>
            Triage…
          </May>
          <May op="createTuningRule" disabled={busy} onClick={() => setOpen('hide')}>
            Hide similar…
          </May>
          <Button variant="link" onClick={choice.clear}>
            Clear the selection
          </Button>
        </div>
      )}
      {open === 'triage' && (
        <Suspense fallback={null}>
          <BulkForm count={all.length} busy={busy} send={(c) => void send(c)} close={() => setOpen(undefined)} />
        </Suspense>
      )}
      {open === 'hide' && (
        <Hide
          all={all}
          triage={triage}
          left={setLeft}
          close={(made) => {
            setOpen(undefined)
            if (made) {
              choice.clear()
              onHidden()
            }
          }}
        />
      )}
      {left.length > 0 && <Left all={left} close={() => setLeft([])} />}
    </>
  )
}

function Left({ all, close }: { all: Unchanged[]; close: () => void }): ReactNode {
  return (
    <Modal
      visible
      header={`${counted(all.length, 'detection was', 'detections were')} not changed`}
      closeAriaLabel="Close"
      onDismiss={close}
      footer={
        <Button variant="primary" onClick={close}>
          Close
        </Button>
      }
    >
      <ul>
        {all.map((u) => (
          <li key={u.d.id}>
            <Wire length={80}>{u.d.title}</Wire> ({u.d.risk.score}): <Wire>{u.why}</Wire>
          </li>
        ))}
      </ul>
    </Modal>
  )
}
