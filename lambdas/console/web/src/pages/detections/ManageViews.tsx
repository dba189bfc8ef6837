import Button from '@cloudscape-design/components/button'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Toggle from '@cloudscape-design/components/toggle'
import { useState, type ReactNode } from 'react'
import type { Schemas } from '../../api/client'
import { asProblem } from '../../api/read'
import { useNames } from '../../detections/suggest'
import { filterWords } from '../../detections/words'
import { useTell } from '../../shell/Messages'
import { useMe } from '../../state/me'
import { visible, Wire } from '../../ui/Wire'
import { lastWords } from '../../ui/SpanPicker'
import { beginWith, bodyOf, defaultView, nameProblem, useSaver, type ViewItem } from './views'

type NewView = Schemas['NewView']

/** Every view, with what its owner may do about it, and which one this browser begins with. */
export default function ManageViews({ all, close }: { all: readonly ViewItem[]; close: () => void }): ReactNode {
  const [begin, setBegin] = useState(defaultView())
  const known = all.some((v) => v.id === begin)
  const choose = (id: string) => {
    setBegin(id || undefined)
    beginWith(id || undefined)
  }
  return (
    <Modal
      visible
      size="large"
      header="Saved views"
      closeAriaLabel="Close"
      onDismiss={close}
      footer={
        <Button variant="primary" onClick={close}>
          Close
        </Button>
      }
    >
      <SpaceBetween size="l">
        <ul className="mw-views">
          {all.map((v) => (
            <li key={v.id}>
              <One v={v} all={all} />
            </li>
          ))}
        </ul>
        <div>
          <h3 id="mw-begin">What this browser begins with</h3>
          <RadioGroup
            ariaLabelledby="mw-begin"
            value={known ? (begin ?? '') : ''}
            onChange={(e) => choose(e.detail.value)}
            items={[{ value: '', label: 'All detections' }, ...all.map((v) => ({ value: v.id, label: visible(v.view.name, 80) }))]}
          />
        </div>
      </SpaceBetween>
    </Modal>
  )
}

function One({ v, all }: { v: ViewItem; all: readonly ViewItem[] }): ReactNode {
  const me = useMe()
  const names = useNames()
  const saver = useSaver()
  const tell = useTell()
  const [name, setName] = useState<string>()
  const may = v.view.owner === me.name || me.role === 'admin'
  const why = may ? undefined : `It is ${visible(v.view.owner, 64)}'s`
  const wrong =
    name === undefined
      ? undefined
      : nameProblem(
          name,
          all.filter((x) => x.id !== v.id && x.view.owner === v.view.owner).map((x) => x.view.name),
        )
  const act = async (done: () => Promise<unknown>, text: string, undo?: () => unknown) => {
    try {
      await done()
      setName(undefined)
      tell({ type: 'success', text, undo })
    } catch (e) {
      const p = asProblem(e)
      tell({
        type: 'error',
        text: p.status === 412 ? 'Somebody changed it meanwhile: it is shown as it is now.' : `It was not changed: ${p.message}`,
      })
    }
  }
  const body = (change: Partial<NewView>) => ({ ...bodyOf(v), ...change })
  const put = (change: Partial<NewView>) => saver.put(v, body(change))
  const shown = visible(v.view.name, 60)
  return (
    <div className="mw-view">
      <div className="mw-view-text">
        {name === undefined ? (
          <b>
            <Wire length={80}>{v.view.name}</Wire>
          </b>
        ) : (
          <Input ariaLabel={`Name of ${shown}`} value={name} invalid={wrong !== undefined} onChange={(e) => setName(e.detail.value)} autoFocus />
        )}
        <div className="mw-quiet">
          {wrong ?? filterWords(v.view.filter, names)}
          {v.view.last && ` ${lastWords(v.view.last)}.`}
          {v.view.owner !== me.name && (
            <>
              {' '}
              By <Wire length={64}>{v.view.owner}</Wire>.
            </>
          )}
        </div>
      </div>
      <Toggle
        checked={v.view.shared ?? false}
        disabled={!may}
        ariaLabel={`Others see ${shown}`}
        onChange={(e) =>
          void act(() => put({ shared: e.detail.checked }), e.detail.checked ? `Others see “${shown}” now.` : `Only you see “${shown}” now.`)
        }
      >
        Shared
      </Toggle>
      {name === undefined ? (
        <Button ariaLabel={`Rename ${shown}`} disabled={!may} disabledReason={why} onClick={() => setName(v.view.name)}>
          Rename
        </Button>
      ) : (
        <Button
          variant="primary"
          disabled={wrong !== undefined}
          disabledReason={wrong}
          onClick={() => void act(() => put({ name: name.trim() }), `It is called “${visible(name.trim(), 60)}” now.`)}
        >
          Save the name
        </Button>
      )}
      {name === undefined ? (
        <Button
          ariaLabel={`Delete ${shown}`}
          disabled={!may}
          disabledReason={why}
          onClick={() =>
            void act(() => saver.remove(v), `“${shown}” is deleted.`, v.view.owner === me.name ? () => saver.create(body({})) : undefined)
          }
        >
          Delete
        </Button>
      ) : (
        <Button variant="link" onClick={() => setName(undefined)}>
          Cancel
        </Button>
      )}
    </div>
  )
}
