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
import { lastWords } from '../../ui/SpanPicker'
import { groupings, sorts, type Place } from './place'
import { beginWith, nameProblem, useSaver, viewOf, type ViewItem } from './views'

interface Props {
  place: Place
  last?: string // the time up to now that is looked at; absent: from one moment to another
  taken: readonly string[] // names of one's own views
  close: (saved?: ViewItem) => void
}

/** Saves what the list shows now under a name. The time is not part of it unless that is asked for: a view is looked at again and again. */
export default function SaveView({ place, last, taken, close }: Props): ReactNode {
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  const [timed, setTimed] = useState(false)
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
      const v = await saver.create(viewOf(name, shared, place, timed ? last : undefined))
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
          <div className="mw-quiet">{placeWords(place, filterWords(place.filter, names))} {timed && last ? `${lastWords(last)}.` : 'The time is not part of it.'}</div>
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
          <Checkbox
            checked={timed} disabled={last === undefined} onChange={(e) => setTimed(e.detail.checked)}
            description={last ? `It always shows what was ${lastWords(last).replace('Last', 'in the last')}.` : 'It can keep a time that moves along, such as the last 7 days. What you look at goes from one moment to another.'}
          >
            Keep the time too
          </Checkbox>
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
  return `${words} ${group ? `By ${group.one}.` : `${sort}.`}`
}
