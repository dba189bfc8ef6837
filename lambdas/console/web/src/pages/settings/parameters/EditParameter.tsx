import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { useDraft, useSaidWhenLeft } from '../../../state/draft'
import { isNumber, titles, type Parameter } from './names'
import { Lines } from './Lines'
import { refused, refusedText, valuesOf } from './lines'
import { numberText } from './ParameterTable'
import { usePut } from './put'

/** Changes one parameter: a number, or a list with one value a line. */
export function EditParameter({ of: p, close }: { of: Parameter; close: () => void }): ReactNode {
  const draft = useDraft(`parameter.${p.name}`, p.values.join('\n'), (kept): kept is string => typeof kept === 'string', p.revision)
  useSaidWhenLeft(draft)
  const text = draft.value
  const leave = () => {
    draft.forget()
    close()
  }
  const put = usePut(p, draft, leave)
  const values = valuesOf(text)
  return (
    <Modal
      visible size="medium" header={titles[p.name]} onDismiss={close} closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={leave}>Cancel</Button>
            <Button variant="primary" loading={put.busy} onClick={() => put.run(values)}>Save</Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {draft.found && <Alert type="info" action={<Button onClick={draft.restart}>Start over</Button>}>This is what you were writing before.</Alert>}
        {put.theirs && (
          <Alert type="warning" header="Somebody changed it while you were writing" action={<Button onClick={() => draft.set(put.theirs?.values.join('\n') ?? '')}>Take theirs</Button>}>
            Now it is: {put.theirs.values.join(', ') || 'none'}. What you typed is still below; saving again puts it in the place of theirs.
          </Alert>
        )}
        {isNumber(p)
          ? (
            <FormField label={p.kind === 'days' ? 'Days' : 'Bytes'} description={p.description} constraintText={`Allowed is ${p.allowed}.`} errorText={refusedText(refused(put.problem, text, p.allowed))} stretch>
              <Input value={text} inputMode="numeric" onChange={(e) => draft.set(e.detail.value)} />
            </FormField>
          )
          : <Lines text={text} change={(t) => draft.set(t)} problem={put.problem} description={p.description} allowed={p.allowed} />}
        <Button variant="inline-link" disabled={text === p.default.join('\n')} disabledReason="That is the default." onClick={() => draft.set(p.default.join('\n'))}>Fill in the default</Button>
        {p.kind === 'bytes' && <span className="mw-quiet">{numberText(p.kind, text.trim())}</span>}
        {isShorter(p, text) && <Alert type="warning">What is older than that is deleted for good.</Alert>}
      </SpaceBetween>
    </Modal>
  )
}

/** Whether less will be kept than now. */
export function isShorter(p: Parameter, text: string): boolean {
  const [now, then] = [Number(p.values[0]), Number(text.trim())]
  if (!isNumber(p) || !/^\d+$/.test(text.trim())) return false
  if (p.kind === 'bytes') return then > 0 && (now === 0 || then < now)
  return then < now
}
