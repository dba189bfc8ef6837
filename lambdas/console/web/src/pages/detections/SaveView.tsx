import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Checkbox from '@cloudscape-design/components/checkbox'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState, type ReactNode } from 'react'
import { asProblem } from '../../api/read'
import { useNames } from '../../detections/suggest'
import { filterWords } from '../../detections/words'
import { useDenied } from '../../state/me'
import { groupings, sorts, type Place } from './place'
import { beginWith, nameProblem, useSaver, viewOf, type ViewItem } from './views'

interface Props {
  place: Place
  taken: readonly string[] // names of one's own views
  close: (saved?: ViewItem) => void
}

/** Saves what the list shows now under a name. The time is not part of it: a view is looked at again and again. */
export default function SaveView({ place, taken, close }: Props): ReactNode {
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  const [begin, setBegin] = useState(false)
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<string>()
  const saver = useSaver()
  const names = useNames()
  const denied = useDenied('createView')
  const why = denied ?? nameProblem(name, taken)
  const save = async () => {
    if (why) return
    setBusy(true)
    try {
      const v = await saver.create(viewOf(name, shared, place))
      if (begin) beginWith(v.id)
      close(v)
    } catch (e) {
      setWrong(asProblem(e).message)
      setBusy(false)
    }
  }
  return (
    <Modal
      visible
      header="Save as a view"
      closeAriaLabel="Close"
      onDismiss={() => close()}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => close()}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} disabled={why !== undefined} disabledReason={why} onClick={() => void save()}>
              Save
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        onSubmit={(e) => {
          e.preventDefault()
          void save()
        }}
      >
        <SpaceBetween size="m">
          <div className="mw-quiet">{placeWords(place, filterWords(place.filter, names))}</div>
          <FormField label="Name" errorText={wrong ?? (name && why)}>
            <Input
              value={name}
              onChange={(e) => {
                setName(e.detail.value)
                setWrong(undefined)
              }}
              autoFocus
            />
          </FormField>
          <Checkbox checked={shared} onChange={(e) => setShared(e.detail.checked)} description="They may use it, and not change it.">
            Others see it too
          </Checkbox>
          <Checkbox checked={begin} onChange={(e) => setBegin(e.detail.checked)} description="In this browser, where a link says nothing else.">
            Begin with it
          </Checkbox>
        </SpaceBetween>
      </form>
    </Modal>
  )
}

function placeWords(p: Place, words: string): string {
  const sort = sorts.find((s) => s.id === p.sort)?.text ?? ''
  const group = groupings.find((g) => g.id === p.group)
  return `${words} ${group ? `By ${group.one}.` : `${sort}.`} The time is not part of it.`
}
