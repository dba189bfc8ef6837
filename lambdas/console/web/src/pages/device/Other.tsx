// The choice of another device, to compare with.
import Autosuggest from '@cloudscape-design/components/autosuggest'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import { useEffect, useState, type ReactNode } from 'react'
import { api, told } from '../../api/client'
import { useRead } from '../../api/read'
import { nameOf, roleOf, roleWord } from '../../devices/device'
import { visible } from '../../ui/Wire'

export function Other({ other, set, self }: { other: string | undefined; set: (id: string | undefined) => void; self: string }): ReactNode {
  const [text, setText] = useState(other ?? '')
  useEffect(() => setText(other ?? ''), [other])
  const sought = useSettled(text.trim(), 250)
  const found = useRead(['devices', 'offer', sought], (signal) => told(api.GET('/v1/devices', { params: { query: { text: sought, limit: 20 } }, signal })), { when: sought !== '' && sought !== other, keep: true })
  const options = (found.data?.items ?? []).filter((d) => d.id !== self).map((d) => ({
    value: d.id, label: visible(nameOf(d), 60), description: visible(nameOf(d) === d.id ? roleWord(roleOf(d)) : `${d.id}${roleOf(d) ? `, ${roleWord(roleOf(d))}` : ''}`, 100),
  }))
  return (
    <FormField label="Compare with">
      <div className="mw-other">
        <Autosuggest
          value={text} onChange={(e) => setText(e.detail.value)} onSelect={(e) => set(e.detail.value)} options={options} filteringType="manual" hideEnteredTextOption
          placeholder="Another device: name, address or id" ariaLabel="Device to compare with" empty={sought ? 'No other device matches' : undefined}
          statusType={found.state === 'failed' ? 'error' : found.refreshing ? 'loading' : 'finished'} errorText="Devices cannot be read just now" loadingText="Looking" expandToViewport
        />
        {other && <Button iconName="close" ariaLabel="Compare no more" onClick={() => set(undefined)} />}
      </div>
    </FormField>
  )
}

/** Gives a value once it has stayed the same for a while, in ms. */
function useSettled(value: string, ms: number): string {
  const [settled, set] = useState(value)
  useEffect(() => {
    const t = setTimeout(() => set(value), ms)
    return () => clearTimeout(t)
  }, [value, ms])
  return settled
}
