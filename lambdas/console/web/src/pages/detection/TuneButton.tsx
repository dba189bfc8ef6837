import { useState, type ReactNode } from 'react'
import type { Detection } from '../../api/names'
import { useTell } from '../../shell/Messages'
import { RuleModal } from '../../tuning/RuleModal'
import { May } from '../../ui/May'
import { suggested } from './tune'

/** Opens the form of a tuning rule that hides this detection and those like it, with what it would hide. */
export function TuneButton({ d }: { d: Detection }): ReactNode {
  const tell = useTell()
  const [open, setOpen] = useState(false)
  return (
    <>
      <May op="createTuningRule" onClick={() => setOpen(true)}>Tune</May>
      {open && (
        <RuleModal
          start={suggested(d)}
          draft={`detection.${d.id}`}
          onDone={(saved) => {
            setOpen(false)
            if (saved) tell({ type: 'success', text: `The rule hides ${saved.applied?.hidden ?? 0} detections.${saved.applied && !saved.applied.complete ? ` Not everything yet: ${saved.applied.why ?? ''}` : ''}` })
          }}
        />
      )}
    </>
  )
}
